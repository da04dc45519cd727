//! The projections of one stream at the same position. One reader feeds them, and each batch is one transaction for
//! all. A projection at another position catches up alone and joins when it is near.

use std::{convert::Infallible, future::poll_fn, sync::Arc, task::Poll};

use log_reader::{Context, Reader};
use platform::{Clock, Shutdown, config::ProjectionSettings};
use read_models::PgPool;
use tokio::sync::{Notify, mpsc, oneshot, watch};

use crate::{
    batch::{Batch, BatchReader},
    catalogue::{ALL, Projection},
    fault::Fault,
    member::{Member, write},
    projector::Aggregates,
};

/// Why a projection left the group.
#[derive(Debug)]
pub(crate) enum Parting {
    /// It is too far from the group's position and was not admitted.
    Elsewhere(Member),
    /// It cannot continue.
    Fault(Fault),
}

#[derive(Debug)]
struct Joined {
    member: Member,
    /// Closed by the receiver if the projection is to leave.
    parting: oneshot::Sender<Parting>,
}

impl Joined {
    /// Reports a fault to a member, if it has not left already.
    fn part(self, fault: Fault) {
        let _ = self.parting.send(Parting::Fault(fault));
    }
}

/// The entrance to a group. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    joining: mpsc::Sender<Joined>,
    position: watch::Receiver<Option<u64>>,
    reach: u64,
}

impl Gate {
    /// Joins the group, and waits until the member leaves it. Cancelling the wait leaves the group.
    pub(crate) async fn join(&self, member: Member) -> Parting {
        let (parting, parted) = oneshot::channel();
        let has_ended = || Parting::Fault(Fault::Lasting("the task that follows the stream has ended".to_owned()));
        match self.joining.send(Joined { member, parting }).await {
            Ok(()) => parted.await.unwrap_or_else(|_| has_ended()),
            Err(_) => has_ended(),
        }
    }

    /// Waits until the group can be joined at a position.
    pub(crate) async fn is_near(&mut self, position: u64) {
        let reach = self.reach;
        let near = self
            .position
            .wait_for(|group| group.is_none_or(|group| can_join(position, group, reach)));
        if near.await.is_err() {
            std::future::pending::<Infallible>().await;
        }
    }
}

/// Whether the group can admit a member at a position behind it, which makes it reread at most one batch. It never
/// skips ahead to a member: the stream may not have reached that position.
const fn can_join(position: u64, group: u64, reach: u64) -> bool {
    position <= group && group - position <= reach
}

/// Feeds the projections of one stream.
#[derive(Debug)]
pub(crate) struct Group {
    journal: Reader,
    pool: PgPool,
    settings: ProjectionSettings,
    clock: Clock,
    context: Context,
    types: Vec<&'static str>,
    members: Vec<Joined>,
    joining: mpsc::Receiver<Joined>,
    /// The group's position, while it has members.
    position: watch::Sender<Option<u64>>,
    /// Notified when a query waits for rows.
    wanted: Arc<Notify>,
}

impl Group {
    /// Creates an empty group and its entrance.
    pub(crate) fn new(
        journal: Reader,
        pool: PgPool,
        settings: &ProjectionSettings,
        clock: Clock,
        context: Context,
        wanted: Arc<Notify>,
    ) -> (Self, Gate) {
        let (sender, joining) = mpsc::channel(ALL.len());
        let (position, watched) = watch::channel(None);
        let of_stream = ALL.iter().filter(|projection| projection.context() == context);
        let types = Aggregates::types(of_stream.map(Projection::aggregates));
        let gate = Gate {
            joining: sender,
            position: watched,
            reach: settings.batch_events as u64,
        };
        let group = Self {
            journal,
            pool,
            settings: settings.clone(),
            clock,
            context,
            types,
            members: Vec::new(),
            joining,
            position,
            wanted,
        };
        (group, gate)
    }

    /// Runs until shutdown.
    pub(crate) async fn run(mut self, shutdown: Shutdown) {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = self.follow() => {}
        }
    }

    /// Serves groups one after the other. A fault of the reader or of the database ends the group, and each member
    /// restarts at its own checkpoint.
    async fn follow(&mut self) {
        while let Some(first) = self.joining.recv().await {
            self.members.push(first);
            if let Err(fault) = self.feed().await {
                for joined in self.members.drain(..) {
                    joined.part(fault.clone());
                }
            }
            self.position.send_replace(None);
        }
    }

    /// Feeds the members, including new ones, until none is left.
    async fn feed(&mut self) -> Result<(), Fault> {
        let mut reader = self.read();
        while !self.members.is_empty() {
            self.position.send_replace(Some(reader.position()));
            tokio::select! {
                batch = reader.next() => self.write(&batch?).await?,
                Some(joined) = self.joining.recv() => {
                    if self.admit(joined, reader.position()) {
                        reader = self.read();
                    }
                }
                () = all_have_left(&mut self.members) => self.members.clear(),
            }
        }
        Ok(())
    }

    /// Opens a reader at the position of the rearmost member.
    fn read(&self) -> BatchReader {
        let positions = self.members.iter().map(|joined| joined.member.position());
        let position = positions.min().unwrap_or(0);
        let wanted = Arc::clone(&self.wanted);
        BatchReader::open(
            &self.journal,
            &self.settings,
            self.context,
            &self.types,
            position,
            wanted,
        )
    }

    /// Admits a projection if it is near. Returns whether the stream must be reread from its position.
    fn admit(&mut self, joined: Joined, group: u64) -> bool {
        self.forget_who_has_left();
        let position = joined.member.position();
        if self.members.is_empty() {
            self.members.push(joined);
            return position != group;
        }
        if !can_join(position, group, self.settings.batch_events as u64) {
            let Joined { member, parting } = joined;
            let _ = parting.send(Parting::Elsewhere(member));
            return false;
        }
        self.members.push(joined);
        position < group
    }

    fn forget_who_has_left(&mut self) {
        self.members.retain(|joined| !joined.parting.is_closed());
    }

    /// Writes a batch. Members that cannot continue or have been recalled leave.
    async fn write(&mut self, batch: &Batch) -> Result<(), Fault> {
        self.forget_who_has_left();
        let (mut members, mut partings): (Vec<_>, Vec<_>) = self
            .members
            .iter_mut()
            .map(|joined| (&mut joined.member, &mut joined.parting))
            .unzip();
        let fallen = tokio::select! {
            fallen = write(&self.pool, self.context, &mut members, batch) => fallen?,
            // Members that have lost their leases do not wait for an unresponsive database.
            () = all_closed(&mut partings) => Vec::new(),
        };
        for (name, fault) in fallen {
            if let Some(at) = self.members.iter().position(|joined| joined.member.name() == name) {
                self.members.swap_remove(at).part(fault);
            }
        }
        self.forget_who_has_left();
        for joined in &mut self.members {
            joined.member.tell(batch, &self.clock);
        }
        Ok(())
    }
}

/// Waits until all members have been recalled.
async fn all_have_left(members: &mut [Joined]) {
    let mut partings: Vec<_> = members.iter_mut().map(|joined| &mut joined.parting).collect();
    all_closed(&mut partings).await;
}

async fn all_closed(partings: &mut [&mut oneshot::Sender<Parting>]) {
    poll_fn(|context| {
        let mut partings = partings.iter_mut();
        match partings.all(|parting| parting.poll_closed(context).is_ready()) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_can_be_joined_from_a_recent_position() {
        let joins = |position| can_join(position, 100, 10);
        assert_eq!(
            [89, 90, 100, 101].map(joins),
            [false, true, true, false],
            "neither from far behind nor from ahead"
        );
    }
}
