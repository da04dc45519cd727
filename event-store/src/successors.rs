//! Successors: whether aggregates that are known have gone on since. Hardly ever they have, so what is asked for is the
//! subject of the next event alone; and those who ask while a question is under way share the next one.

use std::collections::BTreeSet;

use tokio::sync::{mpsc, oneshot};

use crate::wire::Wire;

/// How many subjects one question may ask for: JetStream answers for 1,024 at most. So many may wait, too.
const MAX_SUBJECTS: usize = 1_000;

type Answer = Result<bool, String>;

/// Somebody who asks.
#[derive(Debug)]
struct Asked {
    subject: String,
    answer: oneshot::Sender<Answer>,
}

/// Asks one stream.
#[derive(Debug)]
pub(crate) struct Successors(mpsc::Sender<Asked>);

impl Successors {
    /// Starts the task that asks. It ends with the store.
    pub(crate) fn start(wire: Wire, stream: String) -> Self {
        let (sender, queue) = mpsc::channel(MAX_SUBJECTS);
        tokio::spawn(run(wire, stream, queue));
        Self(sender)
    }

    /// Whether there is, or may be, a message on a subject. What is answered was asked of a replica after this call.
    ///
    /// # Errors
    /// The server could not be asked: the reason.
    pub(crate) async fn may_exist(&self, subject: String) -> Answer {
        let closing = || "the store is closing".to_owned();
        let (answer, answered) = oneshot::channel();
        let sent = self.0.send(Asked { subject, answer }).await;
        sent.map_err(|_| closing())?;
        answered.await.unwrap_or_else(|_| Err(closing()))
    }
}

async fn run(wire: Wire, stream: String, mut queue: mpsc::Receiver<Asked>) {
    let mut asked = Vec::new();
    while queue.recv_many(&mut asked, MAX_SUBJECTS).await > 0 {
        let subjects: BTreeSet<&str> = asked.iter().map(|asked| asked.subject.as_str()).collect();
        let present = wire.present(&stream, &Vec::from_iter(subjects)).await;
        for Asked { subject, answer } in asked.drain(..) {
            let may_hold = present.as_ref().map(|present| present.may_hold(&subject));
            // Whoever asked may have gone away.
            let _ = answer.send(may_hold.map_err(Clone::clone));
        }
    }
}
