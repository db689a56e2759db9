//! The spans: the documented fields and no others, and nothing in any other span.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::common::{DONE, ID, builder, client, create, id, key};
use idcloud_http::testing::{ScriptedTransport, Step};
use idcloud_http::{CallOptions, TransportErrorKind};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Instrument as _, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::{Layer, Registry};

/// Every span by its name: its declared fields, and the last value of each.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<BTreeMap<&'static str, Seen>>>);

#[derive(Clone, Debug, Default)]
struct Seen {
    declared: Vec<&'static str>,
    values: BTreeMap<&'static str, String>,
}

impl Visit for Seen {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.values.insert(field.name(), format!("{value:?}"));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.values.insert(field.name(), value.to_owned());
    }
}

impl<S: Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        let metadata: &Metadata<'_> = attributes.metadata();
        let mut seen = Seen {
            declared: metadata.fields().iter().map(|field| field.name()).collect(),
            ..Seen::default()
        };
        attributes.record(&mut seen);
        self.0
            .lock()
            .unwrap()
            .insert(attributes.metadata().name(), seen);
    }
    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        let name = context.span(id).unwrap().name();
        record.record(self.0.lock().unwrap().get_mut(name).unwrap());
    }
}

impl Spans {
    fn of(&self, name: &str) -> Seen {
        self.0.lock().unwrap().get(name).unwrap().clone()
    }
}

/// The documented list of fields, of every span.
#[tokio::test(start_paused = true)]
async fn the_fields_are_the_documented_ones() {
    let _alone = crate::ALONE.lock().await;
    let spans = Spans::default();
    let _guard = tracing::subscriber::set_default(Registry::default().with(spans.clone()));
    let script = Arc::new(ScriptedTransport::new().every_call(Step::json(200, DONE)));
    let client = client(&script);
    let (key, options) = (key(), CallOptions::default());
    let _ = client.create(&key, &create(), &options).await.unwrap();
    let _ = client.process(&key, &id(), &options).await.unwrap();
    let _ = client.process_details(&key, &id(), &options).await.unwrap();
    let _ = client.access_token(&options).await.unwrap();
    let documented = [
        "operation",
        "attempt",
        "status",
        "code",
        "delivery",
        "process_id",
        "queue_ms",
        "total_ms",
        "error",
    ];
    let page = include_str!("../../README.md");
    for operation in ["create_process", "process", "process_details", "token"] {
        let span = spans.of(&format!("idcloud.{operation}"));
        assert_eq!(span.declared, documented);
        assert_eq!(span.values["operation"], operation);
        assert_eq!(span.values["total_ms"], "0");
    }
    for field in documented {
        assert!(page.contains(&format!("| `{field}` | ")), "{field}");
    }
    let created = spans.of("idcloud.create_process").values;
    assert_eq!(created["process_id"], ID);
    assert_eq!(created["status"], "200");
    assert_eq!(created["attempt"], "1");
    assert_eq!(created["delivery"], "answered");
    assert!(!created.contains_key("code") && !created.contains_key("error"));
}

/// The code of an earlier answer does not stand beside the status of a later one.
#[tokio::test(start_paused = true)]
async fn a_code_belongs_to_its_answer() {
    let _alone = crate::ALONE.lock().await;
    let spans = Spans::default();
    let _guard = tracing::subscriber::set_default(Registry::default().with(spans.clone()));
    let refused = Step::json(403, r#"{"error":{"code":"10502"}}"#);
    let oauth = r#"{"error":"server_error","error_description":"Authentication failed (1.2.6)"}"#;
    let script = Arc::new(
        ScriptedTransport::new()
            .call(refused.clone())
            .every_call(Step::json(200, DONE)),
    );
    let client = client(&script);
    let _ = client
        .process(&key(), &id(), &CallOptions::default())
        .await
        .unwrap();
    let span = spans.of("idcloud.process").values;
    assert_eq!((&*span["status"], &*span["code"]), ("200", ""));

    let script = Arc::new(ScriptedTransport::new().every_token(Step::json(401, oauth)));
    let client = builder(&script).build().unwrap();
    let end = client.access_token(&CallOptions::default()).await;
    assert_eq!(end.unwrap_err().code().unwrap().as_str(), "1.2.6");
    let span = spans.of("idcloud.token").values;
    assert_eq!((&*span["status"], &*span["code"]), ("401", "1.2.6"));
    assert_eq!(span["error"], "credentials");
}

/// Without a subscriber to this crate, the caller's span stays unchanged.
#[tokio::test(start_paused = true)]
async fn the_callers_span_is_left_alone() {
    let _alone = crate::ALONE.lock().await;
    let spans = Spans::default();
    let others = tracing_subscriber::filter::filter_fn(|metadata| {
        !metadata.target().starts_with("idcloud_http")
    });
    let _guard =
        tracing::subscriber::set_default(Registry::default().with(spans.clone()).with(others));
    let script = Arc::new(
        ScriptedTransport::new()
            .call(Step::Fail(TransportErrorKind::Connect))
            .every_call(Step::json(200, DONE)),
    );
    let client = client(&script);
    let span = tracing::info_span!(
        "handler",
        status = tracing::field::Empty,
        attempt = tracing::field::Empty,
        queue_ms = tracing::field::Empty,
        process_id = tracing::field::Empty
    );
    async {
        let (key, options) = (key(), CallOptions::default());
        let _ = client.create(&key, &create(), &options).await.unwrap();
    }
    .instrument(span)
    .await;
    assert!(spans.of("handler").values.is_empty());
}
