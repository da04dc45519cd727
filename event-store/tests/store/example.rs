//! The example runs, also a second time on the same stream.

#[path = "../../examples/orders.rs"]
mod orders;

#[tokio::test]
async fn the_example_runs() {
    let url = embedded::testing::servers().await.nats_url();
    let namespace = embedded::testing::namespace();
    for _ in 0..2 {
        orders::run(url, &namespace).await.unwrap();
    }
}
