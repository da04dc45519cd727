//! The rounds: each runs the scenarios, every number of clients, the open loops and a second process once. Our service
//! and the plain service take turns in comparisons, and each round starts with the other one.

use std::sync::Arc;

use bench_driver::{work_at, work_for};
use platform::config::SecretUrl;

use super::{
    Run,
    crud::Crud,
    outcome::{Outcome, Row, Service},
    scenarios,
};
use crate::clinic::{Clinic, http::Http, mix::Mix, seed, stack::Stack};

/// The most commands of an open loop in flight. The services accept more.
const MOST_IN_FLIGHT: usize = 256;
/// The number of clients for the measurement of two processes.
pub(super) const SHARED_CLIENTS: usize = 64;

/// A measured service, and its clinic.
struct Side<'a> {
    service: Service,
    clinic: Arc<Clinic>,
    mix: Arc<Mix>,
    /// The source of its event count, if it stores events.
    stack: Option<&'a Stack>,
}

impl<'a> Side<'a> {
    fn new(service: Service, clinic: &Arc<Clinic>, stack: Option<&'a Stack>) -> Self {
        Self {
            service,
            clinic: clinic.clone(),
            mix: Arc::new(Mix::of(clinic)),
            stack,
        }
    }

    async fn events(&self) -> anyhow::Result<Option<u64>> {
        match self.stack {
            Some(stack) => Ok(Some(stack.events().await?)),
            None => Ok(None),
        }
    }
}

/// The way to send commands.
#[derive(Clone, Copy)]
enum Load {
    /// Closed loop: this number of clients, each of which waits for its response.
    Clients(usize),
    /// Open loop: this number of commands per second.
    Rate(f64),
}

/// Runs all rounds. Each starts with new servers and new clinics.
pub(super) async fn run(run: &Run<'_>) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::default();
    for round in 1..=run.plan.rounds {
        let folder = run.scratch.fresh();
        let nats = run.plan.nats.as_ref().map(SecretUrl::expose);
        Stack::during(&run.programs.own.0, folder, nats, run.shutdown, async |stack| {
            let crud = match &run.programs.crud {
                Some(program) => Some(Crud::start(program, stack.postgres_url()).await?),
                None => None,
            };
            let round = Round { run, round, stack };
            let done = round.take(crud.as_ref(), &mut outcome).await;
            if let Some(crud) = crud {
                crud.stop().await?;
            }
            done
        })
        .await?;
    }
    Ok(outcome)
}

/// The context of a round.
struct Round<'a> {
    run: &'a Run<'a>,
    /// From 1.
    round: usize,
    stack: &'a Stack,
}

impl Round<'_> {
    async fn take(&self, crud: Option<&Crud>, outcome: &mut Outcome) -> anyhow::Result<()> {
        let plan = self.run.plan;
        let clinic = Arc::new(seed::clinic(Http::new(self.stack.url()), plan.patients).await?);
        clinic.settle().await?;
        let scenarios = scenarios::run(&clinic, plan).await?;
        for (name, worked) in scenarios.named() {
            self.say(&format!("scenario {name}: {worked}"));
        }
        outcome.scenarios.push(scenarios);

        let ours = Side::new(Service::Anamnesis, &clinic, Some(self.stack));
        let theirs = match crud {
            Some(crud) => {
                let clinic = Arc::new(seed::clinic(Http::new(crud.url()), plan.patients).await?);
                crud.settle().await?;
                Some(Side::new(Service::Crud, &clinic, None))
            }
            None => None,
        };
        let sides: Vec<&Side<'_>> = [&ours].into_iter().chain(&theirs).collect();
        for (index, clients) in plan.clients.iter().enumerate() {
            for side in turns(&sides, self.round + index) {
                let row = self.measure(side, &side.mix, Load::Clients(*clients)).await?;
                self.say(&format!("{clients} clients, {}: {}", side.service.name(), row.worked));
                outcome.rows.push(row);
            }
        }
        if let Some(peak) = outcome.peak(self.round, Service::Crud) {
            for side in turns(&sides, self.round) {
                let row = self.measure(side, &side.mix, Load::Rate(peak / 2.0)).await?;
                self.say(&format!("half of crud's peak, {}: {}", side.service.name(), row.worked));
                outcome.crud_half_peak.push(row);
            }
        }
        let peak = outcome.peak(self.round, Service::Anamnesis).unwrap_or_default();
        let row = self.measure(&ours, &ours.mix, Load::Rate(peak / 2.0)).await?;
        self.say(&format!("half of its own peak, anamnesis: {}", row.worked));
        outcome.half_peak.push(row);
        if plan.clients.contains(&SHARED_CLIENTS) {
            outcome.processes.extend(self.one_and_two_processes(&ours).await?);
        }
        Ok(())
    }

    /// The same clients with one process and with two. The log grows, so each round starts with another one.
    async fn one_and_two_processes(&self, ours: &Side<'_>) -> anyhow::Result<[Row; 2]> {
        if self.round.is_multiple_of(2) {
            let two = self.two_processes(ours).await?;
            return Ok([self.one_process(ours).await?, two]);
        }
        Ok([self.one_process(ours).await?, self.two_processes(ours).await?])
    }

    async fn one_process(&self, ours: &Side<'_>) -> anyhow::Result<Row> {
        let row = self.measure(ours, &ours.mix, Load::Clients(SHARED_CLIENTS)).await?;
        self.say(&format!("{SHARED_CLIENTS} clients, one process: {}", row.worked));
        Ok(row)
    }

    async fn two_processes(&self, ours: &Side<'_>) -> anyhow::Result<Row> {
        let (folder, shutdown) = (self.run.scratch.fresh(), self.run.shutdown);
        let measured = self.stack.with_another_during(folder, shutdown, async |other| {
            let by_way_of_other = Arc::new(ours.clinic.by_way_of(Http::new(other.url())));
            let mix = Arc::new(Mix::by_ways([ours.clinic.clone(), by_way_of_other]));
            self.measure(ours, &mix, Load::Clients(SHARED_CLIENTS)).await
        });
        let row = Row {
            processes: 2,
            ..measured.await?
        };
        self.say(&format!("{SHARED_CLIENTS} clients, two processes: {}", row.worked));
        Ok(row)
    }

    /// Measures a side after it and the disk have settled.
    async fn measure(&self, side: &Side<'_>, mix: &Arc<Mix>, load: Load) -> anyhow::Result<Row> {
        side.clinic.settle().await?;
        rustix::fs::sync();
        let before = side.events().await?;
        let (warm_up, seconds) = (self.run.plan.warm_up_seconds(), self.run.plan.seconds);
        let (worked, clients) = match load {
            Load::Clients(clients) => (work_for(mix, clients, warm_up, seconds).await, Some(clients)),
            Load::Rate(rate) => (work_at(mix, rate, MOST_IN_FLIGHT, warm_up, seconds).await, None),
        };
        let worked = worked.map_err(anyhow::Error::msg)?;
        let events = side.events().await?.zip(before).map(|(after, before)| after - before);
        Ok(Row::new(self.round, side.service, clients, worked, events))
    }

    fn say(&self, line: &str) {
        self.run
            .say(&format!("round {}/{}, {line}", self.round, self.run.plan.rounds));
    }
}

/// The items in an order that rotates with the turn.
fn turns<T: Copy>(sides: &[T], turn: usize) -> impl Iterator<Item = T> {
    let mut sides = sides.to_vec();
    let first = turn % sides.len().max(1);
    sides.rotate_left(first);
    sides.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_one_begins_each_time() {
        let order = |turn| turns(&["ours", "theirs"], turn).collect::<Vec<_>>();
        assert_eq!((order(1), order(2)), (vec!["theirs", "ours"], vec!["ours", "theirs"]));
        assert_eq!(turns(&["ours"], 7).collect::<Vec<_>>(), ["ours"]);
    }
}
