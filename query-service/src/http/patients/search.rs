//! `POST /api/patients/search`

use api::{PATIENTS, Page, PatientResource};
use http_edge::{Problem, problem::types::INVALID_REQUEST};
use read_models::patient::{self, PatientFilter, PatientSort};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{PROJECTIONS, list::SORTABLE};
use crate::{
    http::{
        dates::Condition,
        endpoint::{Endpoint, Question, Route},
        pages::{Order, Paging},
    },
    queries::database_problem,
};

/// A range needs two conditions.
const MOST_CONDITIONS: usize = 4;

/// A search for patients. Omitted fields do not restrict the result.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PatientSearch {
    /// Conditions on the date of birth. All must hold. Each is a day, a month or a year with an optional FHIR prefix: `eq`
    /// (the default), `ne`, `gt`, `lt`, `ge`, `le`, `sa`, `eb` or `ap`. `1968` finds the date of birth `1968-05`, but
    /// `1968-05-12` does not; `ap1968-05-12` finds all dates of birth that can be this day.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 4, example = json!(["ge1968-05", "lt1970"]))]
    date_of_birth: Vec<Condition>,
    /// Only patients who are deceased, or only those who are not.
    deceased: Option<bool>,
}

pub(in crate::http) fn route() -> Route {
    Endpoint::search(&PATIENTS)
        .summary("Search patients by personal data.")
        .pages_of(Order::by(SORTABLE), search)
}

async fn search(
    question: Question<(), PatientSearch>,
    paging: Paging<PatientSort>,
) -> Result<Page<PatientResource>, Problem> {
    let asked = &question.parameters.date_of_birth;
    if asked.len() > MOST_CONDITIONS {
        let message = format!("must hold at most {MOST_CONDITIONS} conditions");
        return Err(Problem::new(&INVALID_REQUEST).field("/dateOfBirth", message));
    }
    let filter = PatientFilter {
        born: asked.iter().map(|condition| condition.0).collect(),
        deceased: question.parameters.deceased,
    };
    let rows = question.read(PROJECTIONS).await?;
    let listed = patient::list(rows, &filter, &paging.request).await;
    Ok(paging.answer(listed.map_err(database_problem)?, PatientResource::from))
}
