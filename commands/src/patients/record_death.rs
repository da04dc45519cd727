//! Recording a patient's death.

use domain::{
    patient::{Deceased, PatientCommand},
    values::TimeOfDeath,
};
use journal::{Context, Decision};

use crate::{Answer, Command, Rules, Target, patients::change_patient, stop::Stop};

/// Records a patient's death, which stops new bookings and prescriptions. Recording it again adds or corrects the time.
#[derive(Clone, Copy, Debug)]
pub struct RecordDeath {
    /// The patient.
    pub target: Target,
    /// The time of death, if it is known.
    pub deceased_at: Option<TimeOfDeath>,
}

impl Command for RecordDeath {
    const NAME: &'static str = "record-death";
    const CONTEXT: Context = Context::Patients;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let deceased = Deceased {
            deceased_at: self.deceased_at,
        };
        let patient = change_patient(self.target, PatientCommand::RecordDeath(deceased), decision)?;
        Ok(Answer::patient(self.target.id, &patient)?)
    }
}
