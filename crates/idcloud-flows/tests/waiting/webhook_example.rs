//! The axum example, with IDCloud's notification posted over a real socket, in real time.

use std::sync::Arc;
use std::time::Duration;

use idcloud_flows::http::{Clock, SystemClock};
use idcloud_flows::webhook::Credentials;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::axum_webhook::{idcloud, onboard, webhook};

/// The first line of the response to a notification about `id`.
async fn posted(address: std::net::SocketAddr, key: &str, id: &str) -> String {
    let body = format!(r#"{{"processId":"{id}","state":"PROCESS_STATE_FINISHED","flow":"id"}}"#);
    let length = body.len();
    let request = format!(
        "POST /idcloud HTTP/1.1\r\nhost: {address}\r\nx-webhook-key: {key}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.lines().next().unwrap().to_owned()
}

/// The result is known through the notification: polls would begin a minute later.
#[tokio::test]
async fn the_axum_example_runs() {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let (idcloud, key) = idcloud(Arc::clone(&clock)).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = webhook(
        &idcloud,
        Credentials::api_key("x-webhook-key:right").unwrap(),
    );
    tokio::spawn(async move { axum::serve(listener, router).await });

    let (tell, told) = tokio::sync::oneshot::channel();
    let notifier = tokio::spawn(async move {
        let id: String = told.await.unwrap();
        clock.sleep(Duration::from_millis(700)).await;
        assert_eq!(
            posted(address, "wrong", &id).await,
            "HTTP/1.1 401 Unauthorized"
        );
        assert_eq!(
            posted(address, "right", &id).await,
            "HTTP/1.1 204 No Content"
        );
    });
    let began = idcloud.client().clock().instant();
    let submitted = |id: &str| tell.send(id.to_owned()).unwrap();
    let decision = onboard(&idcloud, key, submitted).await.unwrap();
    assert_eq!(decision, "approve");
    notifier.await.unwrap();
    assert!(idcloud.client().clock().instant() - began < Duration::from_secs(30));
    let hints = idcloud.hints().snapshot();
    assert_eq!((hints.taken, hints.unknown, hints.waiting), (1, 0, 0));
}
