//! How hyper treats a request that it could not begin to send, according to its own logs. Real
//! sockets, real time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use idcloud_http::{CallOptions, ReqwestTransport};

use crate::common::{DONE, create, key};
use crate::server::{answer, client_of};

fn options() -> CallOptions {
    CallOptions::default()
        .with_attempt_timeout(Duration::from_millis(250))
        .with_deadline(Duration::from_secs(10))
}

/// hyper's own resend: the create is given to a connection whose close has reached the machine and
/// not yet the connection's task. It comes back unwritten and is sent once, on another connection.
///
/// One thread runs all of this, and wakes this test before it wakes the connection.
#[tokio::test]
async fn a_create_that_meets_a_closed_connection_leaves_once() {
    let logs = Logs::default();
    let writer = logs.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _alone = crate::ALONE.lock().await;
    let _guard = tracing::subscriber::set_default(subscriber);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (close, closes) = std::sync::mpsc::channel();
    let server = std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        let mut heads = Vec::new();
        for body in [r#"{"access_token":"t","expires_in":3600}"#, DONE, DONE] {
            let (mut stream, _) = listener.accept().unwrap();
            let mut bytes = Vec::new();
            let mut part = [0; 4096];
            loop {
                let read = stream.read(&mut part).unwrap();
                bytes.extend_from_slice(part.get(..read).unwrap());
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let Some((head, sent)) = text.split_once("\r\n\r\n") else {
                    continue;
                };
                let length = head
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length: "))
                    .map_or(0, |length| length.parse().unwrap());
                if sent.len() >= length {
                    heads.push(head.to_owned());
                    break;
                }
            }
            stream.write_all(&answer("200 OK", "", body)).unwrap();
            closes.recv().unwrap();
        }
        heads
    });
    let client = client_of(&url, ReqwestTransport::new().unwrap());
    let _ = client.access_token(&options()).await.unwrap();
    close.send(()).unwrap();
    let first = client.create(&key(), &create(), &options()).await;
    assert_eq!(first.unwrap().attempts(), 1);
    close.send(()).unwrap();
    // Blocks the thread until the close has arrived and this test's sleep is over.
    tokio::spawn(async { std::thread::sleep(Duration::from_millis(200)) });
    tokio::time::sleep(Duration::from_millis(20)).await;
    let end = client.create(&key(), &create(), &options()).await;
    assert_eq!(end.unwrap().attempts(), 1);
    close.send(()).unwrap();
    let heads = server.join().unwrap();
    assert!(
        heads
            .iter()
            .skip(1)
            .all(|head| head.starts_with("POST /processes/v1 "))
    );
    assert_eq!(heads.len(), 3);
    let text = String::from_utf8(logs.0.lock().unwrap().clone()).unwrap();
    assert!(
        text.contains("unstarted request canceled, trying again"),
        "{text}"
    );
}

/// Captures one test's logs.
#[derive(Clone, Default)]
struct Logs(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Logs {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
