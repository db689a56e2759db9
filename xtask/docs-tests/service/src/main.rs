//! Serves on port 3000, with what the environment names.

use std::env;
use std::error::Error;
use std::fs;

use example_service::{Service, router};
use idcloud_flows::IdCloud;
use idcloud_flows::http::{ApiKey, Endpoints, Environment, ServiceAccount};
use idcloud_flows::webhook::Credentials;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pem = fs::read(env::var("IDCLOUD_PRIVATE_KEY_FILE")?)?;
    let account = ServiceAccount::from_pem(
        &env::var("IDCLOUD_ACCOUNT")?,
        &env::var("IDCLOUD_TENANT_ID")?,
        &pem,
    )?;
    // `Environment::uat(account)` or `::production(account)`, once there is a contract.
    let endpoints = Endpoints::parse(
        &env::var("IDCLOUD_API_URL")?,
        &env::var("IDCLOUD_IDENTITY_URL")?,
    )?;
    let idcloud = IdCloud::builder(Environment::custom(endpoints, account)).build()?;
    let capabilities = env::var("IDCLOUD_CAPABILITIES")?.parse()?;
    let key = ApiKey::new(env::var("IDCLOUD_API_KEY")?, capabilities)?;

    let service = Service { idcloud, key };
    let webhook = Credentials::api_key(env::var("WEBHOOK_API_KEY")?)?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, router(service, webhook))
        .with_graceful_shutdown(async { drop(tokio::signal::ctrl_c().await) })
        .await?;
    Ok(())
}
