//! The routes, and the server that serves them.

use std::io;

use anyhow::Context as _;
use axum::{
    Router,
    routing::{get, post, put},
    serve::ListenerExt as _,
};
use bench_driver::ServiceReady;
use sqlx::PgPool;
use tokio::net::TcpListener;

use crate::{appointments, database, invoices, patients, practitioners};

fn routes(pool: PgPool) -> Router {
    Router::new()
        .route("/api/patients", get(patients::list).post(patients::register))
        .route("/api/practitioners", post(practitioners::register))
        .route("/api/appointments", get(appointments::list).post(appointments::book))
        .route("/api/appointments/{id}", put(appointments::reschedule))
        .route("/api/appointments/{id}/arrival", post(appointments::arrive))
        .route("/api/appointments/{id}/fulfilment", post(appointments::fulfil))
        .route("/api/invoices", get(invoices::list).post(invoices::draft))
        .route("/api/invoices/{id}/issue", post(invoices::issue))
        .route("/api/invoices/{id}/payments", post(invoices::pay))
        .with_state(pool)
}

/// Makes the tables, serves on a port of its own, and says where.
pub(crate) async fn until_input_ends(database_url: &str) -> anyhow::Result<()> {
    let pool = database::open(database_url).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let listener = listener.tap_io(|connection| {
        // Without it answers are only later.
        let _ = connection.set_nodelay(true);
    });
    println!("{}", serde_json::to_string(&ServiceReady { url })?);
    let input_ends = tokio::task::spawn_blocking(|| io::copy(&mut io::stdin().lock(), &mut io::sink()));
    tokio::select! {
        served = async { axum::serve(listener, routes(pool)).await } => served.context("the server has ended"),
        ended = input_ends => ended.map_err(anyhow::Error::from).and_then(|copied| Ok(copied.map(|_| ())?)),
    }
}
