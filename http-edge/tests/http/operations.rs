//! Operations: traces, metrics, health, error pages and the API's documentation.

use axum::{Router, routing::get as get_route};
use http_edge::{
    Drained, Edge, Path, Ports, Problem, ProblemType, Surface, docs, error_pages, health, home, problem::types,
};
use platform::{Health, Shutdown, metrics::Metrics};
use settings::Settings;
use tokio::sync::watch;
use utoipa::openapi::{InfoBuilder, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;

use crate::support::{Answer, get, in_time, limits, open, rest, send, start};

#[tokio::test]
async fn an_incoming_trace_continues_in_the_problem() {
    let server = start(Router::new(), limits()).await;
    let head = "GET /nothing HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
    let parent = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n";
    let problem = send(&server, &format!("{head}{parent}\r\n"))
        .await
        .problem(404, "not-found");
    assert_eq!(problem.trace_id.as_deref(), Some("4bf92f3577b34da6a3ce929d0e0e4736"));
    let own = send(&server, &format!("{head}traceparent: nonsense\r\n\r\n"))
        .await
        .problem(404, "not-found");
    assert_eq!(own.trace_id.map(|id| id.len()), Some(32));
}

#[tokio::test]
async fn metrics_are_by_route_and_never_by_path() {
    let metrics = Metrics::install().unwrap();
    let app = Router::new()
        .route("/metered/{name}", get_route(|Path(name): Path<String>| async { name }))
        .merge(http_edge::metrics(&metrics));
    let server = start(app, limits()).await;
    get(&server, "/metered/jane-roe").await;
    get(&server, "/no-such-jane-roe").await;
    let page = get(&server, "/metrics").await;
    assert_eq!(page.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    for line in [
        r#"http_requests_total{method="GET",route="/metered/{name}",status="200"} 1"#,
        r#"http_request_duration_seconds_count{method="GET",route="/metered/{name}",status="200"} 1"#,
        r#"http_requests_total{method="GET",route="(none)",status="404"}"#,
        "http_requests_in_flight ",
    ] {
        assert!(page.text.contains(line), "{line} is not in {}", page.text);
    }
    assert!(!page.text.contains("jane"));
}

#[tokio::test]
async fn readiness_names_what_is_missing_and_never_hangs() {
    let (state, receiver) = watch::channel(Ok(()));
    let (gone, gone_receiver) = watch::channel(Ok(()));
    let shutdown = Shutdown::new();
    let health = Health::new()
        .probe("fine", || async { Ok(()) })
        .probe("hangs", std::future::pending)
        .state("nats", receiver)
        .state("worker", gone_receiver)
        .shutdown(shutdown.clone());
    drop(gone);
    let server = start(http_edge::health(health), limits()).await;
    state.send(Err("connecting".to_owned())).unwrap();
    shutdown.trigger();
    let answer = get(&server, "/health/ready").await;
    let problem = answer.problem(503, "unavailable");
    assert_eq!(answer.headers["retry-after"], "1");
    assert_eq!(
        problem.detail.as_deref(),
        Some("not ready: hangs, nats, process, worker")
    );
    let expected = serde_json::json!({
        "fine": "ready",
        "hangs": "no answer within 500 ms",
        "nats": "connecting",
        "process": "the process is stopping",
        "worker": "the task that reports it has ended",
    });
    assert_eq!(problem.extensions["checks"], expected);
    assert_eq!(get(&server, "/health/live").await.text, r#"{"status":"live"}"#);
}

#[tokio::test]
async fn a_process_with_everything_is_ready() {
    let (state, receiver) = watch::channel(Err("connecting".to_owned()));
    let server = start(health(Health::new().state("nats", receiver)), limits()).await;
    get(&server, "/health/ready").await.problem(503, "unavailable");
    state.send(Ok(())).unwrap();
    let answer = get(&server, "/health/ready").await;
    assert_eq!(
        (answer.status, answer.text.as_str()),
        (200, r#"{"checks":{"nats":"ready"},"status":"ready"}"#)
    );
    assert_eq!(answer.headers["content-type"], "application/json");
}

#[tokio::test]
async fn the_type_of_every_problem_can_be_looked_up_at_the_server() {
    static SLOT_TAKEN: ProblemType = ProblemType {
        slug: "slot-taken",
        title: "The slot is taken",
        status: 409,
        page: "# The slot is taken\n",
    };
    let server = start(error_pages(vec![&SLOT_TAKEN]), limits()).await;
    for kind in types::ALL {
        let page = get(&server, &kind.uri()).await;
        assert_eq!(
            (page.status, page.headers["content-type"].as_str()),
            (200, "text/markdown; charset=utf-8")
        );
        assert!(page.text.starts_with(&format!("# {}", kind.title)));
    }
    assert_eq!(get(&server, "/errors/slot-taken").await.text, "# The slot is taken\n");
    get(&server, "/errors/nothing").await.problem(404, "not-found");
    for index in ["/errors/", "/errors"] {
        let index = get(&server, index).await;
        assert_eq!(
            (index.status, index.headers["content-type"].as_str()),
            (200, "text/markdown; charset=utf-8")
        );
        for kind in types::ALL.iter().copied().chain([&SLOT_TAKEN]) {
            let link = format!("[`{}`]({})", kind.slug, kind.uri());
            assert!(index.text.contains(&link), "{}", index.text);
        }
    }
}

#[tokio::test]
async fn the_documentation_page_needs_nothing_from_elsewhere() {
    let openapi = OpenApiBuilder::new()
        .info(InfoBuilder::new().title("Test").version("1"))
        .build();
    let server = start(docs(openapi), limits()).await;
    let document: serde_json::Value = serde_json::from_str(&get(&server, "/openapi.json").await.text).unwrap();
    assert_eq!(document["info"]["title"], "Test");
    let page = get(&server, "/docs/").await;
    assert!(page.headers["content-type"].starts_with("text/html"));
    assert!(
        !page.text.contains("http://") && !page.text.contains("https://"),
        "{}",
        page.text
    );
    for file in [
        "swagger-ui.css",
        "swagger-ui-bundle.js",
        "swagger-ui-standalone-preset.js",
        "swagger-initializer.js",
    ] {
        assert!(page.text.contains(file));
        assert_eq!(get(&server, &format!("/docs/{file}")).await.status, 200, "{file}");
    }
    let start_script = get(&server, "/docs/swagger-initializer.js").await.text;
    assert!(
        start_script.contains("/openapi.json") && start_script.contains(r#""validatorUrl": "none""#),
        "{start_script}"
    );
    assert_eq!(get(&server, "/docs").await.headers["location"], "/docs/");
}

#[tokio::test]
async fn a_problem_carries_its_handlers_details() {
    let handler = || async {
        Problem::new(&types::VALIDATION_FAILED)
            .detail("2 fields are not acceptable")
            .field("/email", "must be an e-mail address")
            .parameter("If-Match", "is required")
            .extension("limit", serde_json::json!(5))
            .because("only for the log")
    };
    let server = start(Router::new().route("/", get_route(handler)), limits()).await;
    let answer = get(&server, "/").await;
    let problem = answer.problem(422, "validation-failed");
    assert_eq!(problem.errors.len(), 2);
    assert_eq!(problem.extensions["limit"], 5);
    assert!(!answer.text.contains("only for the log"));
}

#[tokio::test]
async fn a_note_is_shown_without_effect_on_readiness() {
    let (sender, receiver) = watch::channel(Err("waits for somebody".to_owned()));
    let server = start(health(Health::new().note("helper", receiver)), limits()).await;
    let answer = get(&server, "/health/ready").await;
    let text = r#"{"checks":{"helper":"waits for somebody"},"status":"ready"}"#;
    assert_eq!((answer.status, answer.text.as_str()), (200, text));
    drop(sender);
    let answer = get(&server, "/health/ready").await;
    let text = r#"{"checks":{"helper":"the task that reports it has ended"},"status":"ready"}"#;
    assert_eq!((answer.status, answer.text.as_str()), (200, text));
}

#[tokio::test]
async fn a_browser_at_the_root_gets_links() {
    let server = start(home(), limits()).await;
    let page = get(&server, "/").await;
    assert_eq!(
        (page.status, page.headers["content-type"].as_str()),
        (200, "text/html; charset=utf-8")
    );
    for address in ["/docs", "/openapi.json", "/errors/", "/health/ready", "/metrics"] {
        assert!(
            page.text.contains(&format!("href=\"{address}\"")),
            "{address} is not in {}",
            page.text
        );
    }
}

#[tokio::test]
async fn operators_can_have_a_port_of_their_own() {
    let mut settings = Settings::defaults().unwrap();
    settings.http.listen = "127.0.0.1:0".parse().unwrap();
    settings.http.operations_listen = Some("127.0.0.1:0".parse().unwrap());
    let ports = Ports::open("--listen", &settings.http, &settings.tls, false)
        .await
        .unwrap();
    let (public, operations) = (ports.address().unwrap(), ports.operations_address().unwrap());
    assert_ne!(public, operations);
    let routes = |path| OpenApiRouter::from(Router::new().route(path, get_route(|| async {})));
    let surface = Surface::new(
        routes("/api/things"),
        Vec::new(),
        Health::new(),
        &Metrics::install().unwrap(),
    )
    .operations(routes("/api/projections"));
    let shutdown = Shutdown::new();
    let ended = tokio::spawn(surface.serve(ports, Edge::from(&settings.http), shutdown.clone()));
    let status = async |address, path| {
        let head = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        Answer::parse(&rest(open(address, &head).await).await).status
    };
    for path in ["/metrics", "/docs/", "/openapi.json", "/api/projections", "/"] {
        assert_eq!(
            (status(public, path).await, status(operations, path).await),
            (404, 200),
            "{path}"
        );
    }
    for path in ["/health/live", "/health/ready", "/errors/", "/errors/not-found"] {
        assert_eq!(
            (status(public, path).await, status(operations, path).await),
            (200, 200),
            "{path}"
        );
    }
    assert_eq!(
        (
            status(public, "/api/things").await,
            status(operations, "/api/things").await
        ),
        (200, 404)
    );
    shutdown.trigger();
    assert_eq!(in_time(ended).await.unwrap(), Drained::Fully);
}
