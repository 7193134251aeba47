//! `caseweave serve`

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpServer;
use serde_json::json;
use sync_core::time::Timestamp;
use tokio::signal::unix::{SignalKind, signal};

use super::{Failure, open_database, output, take_off_again};
use crate::api::peer;
use crate::app::{AppState, Parts, ServerRole, StartError};
use crate::blobs::Files;
use crate::build_app;
use crate::config::{Config, ServeArgs, ServeConfig};
use crate::db::{self, Address, Conn};
use crate::ingest::sequencer;
use crate::outside::servers::{Step, collect_all};
use crate::service::audit::Who;
use crate::service::collecting;
use crate::tls::{self, servers::Asked, shown::Shown};

/// Serves until told to stop; requests under way are finished first.
///
/// # Errors
/// [`Failure`] in an operator's words.
pub fn run(config: &Config, args: ServeArgs) -> Result<(), Failure> {
    let serve = ServeConfig::new(args)?;
    let (listener, address) = listen(serve.listen)?;
    let outside = serve.outside.judge(&address.to_string())?;
    let (connections, stats, role) = (serve.connections, serve.stats, serve.role);
    let blobs = Arc::new(Files::new(config.data.join("attachments")));
    let parts = Parts { role, connections, stats, outside, blobs, ..Parts::default() };
    let state = AppState::new(config.database.clone(), open_database(&config.database)?, parts)?;
    let asked = asked(config, role, serve.client_authority.is_some())?;
    // Before anybody is answered.
    take_off_again(config, (&mut open_database(&config.database)?, &state))?;
    let development = serve.certificate.is_none();
    let files = match &serve.certificate {
        Some(files) => files.clone(),
        None => tls::development(&config.data, state.clock.now())?,
    };
    let shown = Shown::load(files)?;
    let client_authority = serve.client_authority.as_deref();
    let tls = tls::server_config(Arc::clone(&shown), client_authority, &asked.servers)?;
    shown.follow().map_err(Failure::Stopped)?;
    tracing::info!(%config, %address, "serving");
    announce(config, address, development);
    if let Some(path) = &serve.address_file {
        write_address(path, address)?;
    }
    let folder = config.data.clone();
    let collect_every = serve.collect_every.filter(|_| role == ServerRole::Authority);
    let database = config.database.clone();
    let serving = async move {
        let linking = actix_web::rt::spawn(sequencer::run(
            state.db.clone(),
            state.secrets.audit_key.clone(),
            clock_of(&state),
            Some(folder.clone()),
        ));
        let collecting = actix_web::rt::spawn(collect_on(state.clone(), database, collect_every));
        let served = serve_on(state.clone(), listener, (tls, asked)).await;
        linking.abort();
        collecting.abort();
        // What the last requests wrote down is linked before the process ends.
        let (db, key) = (&state.db, &state.secrets.audit_key);
        if let Err(error) = sequencer::tick(db, key, state.clock.now(), Some(&folder)).await {
            tracing::error!(%error, "the audit's last rows could not be linked");
        }
        served
    };
    actix_web::rt::System::new().block_on(serving).map_err(Failure::Stopped)
}

/// Who must show a certificate, once it is sure that the database may be served in this role.
fn asked(config: &Config, role: ServerRole, phones: bool) -> Result<Asked, Failure> {
    let mut conn = open_database(&config.database)?;
    collecting::fits(&mut conn, role)?;
    let allowed = match role {
        ServerRole::Cluster => db::contributions::collectors(&mut conn)?,
        ServerRole::Authority => Vec::new(),
    };
    Ok(Asked { phones, servers: allowed.iter().map(|it| it.key).collect() })
}

/// Collects at once and then again and again, as long as the server runs.
///
/// On a connection of its own: whoever has a server's one connection that writes and waits for another server
/// keeps everybody else from it.
async fn collect_on(state: AppState, database: Address, every: Option<Duration>) {
    let Some(every) = every else { return };
    let mut pace = actix_web::rt::time::interval(every);
    loop {
        pace.tick().await;
        let (own, database) = (state.clone(), database.clone());
        let round = move || collect_once(&mut open_database(&database)?, &own);
        match actix_web::rt::task::spawn_blocking(round).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "nothing could be collected"),
            Err(_) => tracing::error!("nothing could be collected: the task ended unexpectedly"),
        }
    }
}

fn collect_once(conn: &mut Conn, state: &AppState) -> Result<(), Failure> {
    if db::sources::list(conn)?.is_empty() {
        return Ok(());
    }
    let mut pen = state.pen(Who::default()).map_err(StartError::from)?;
    let (key, now) = (&state.secrets.figures_key, state.clock.now());
    collect_all(conn, (key, now), (&mut pen, None), &mut |source, step| match step {
        Step::Taken(it, last) => {
            tracing::info!(server = source.name, number = it.number, last, "figures were taken");
        }
        Step::Ended(Err(error)) => tracing::error!(server = source.name, %error, "not collected"),
        Step::Ended(Ok(_)) => {}
    })?;
    Ok(())
}

fn clock_of(state: &AppState) -> impl Fn() -> Timestamp + Send + 'static {
    let clock = state.clock.clone();
    move || clock.now()
}

async fn serve_on(
    state: AppState,
    listener: TcpListener,
    (tls, asked): (rustls::ServerConfig, Asked),
) -> std::io::Result<()> {
    // They begin here: what a request needs must outlive the worker that answers it first.
    let (committer, _) = (state.committer().clone(), state.recorder());
    let server = HttpServer::new(move || build_app(state.clone()))
        .on_connect(move |connection, extensions| peer::note(connection, extensions, &asked))
        .listen_rustls_0_23(listener, tls)?
        // The end of an answer does not wait until the phone has acknowledged its beginning, 40 ms.
        .tcp_nodelay(true)
        .shutdown_timeout(20)
        .disable_signals()
        .run();
    let (handle, mut asked_to_end) = (server.handle(), signal(SignalKind::terminate())?);
    let ending = actix_web::rt::spawn(async move {
        tokio::select! {
            _ = asked_to_end.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        committer.end_waits();
        handle.stop(true).await;
    });
    let served = server.await;
    ending.abort();
    served
}

fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Failure> {
    let failed = |reason| Failure::Listen { address, reason };
    let listener = TcpListener::bind(address).map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

fn announce(config: &Config, address: SocketAddr, development: bool) {
    let authority = development.then(|| tls::authority_file(&config.data));
    let value = json!({ "address": address.to_string(), "authority": authority });
    let mut text = format!("listening on https://{address}");
    if let Some(file) = authority {
        text += &format!("\nclients must trust the development authority {}", file.display());
    }
    output::answer(config.json, &value, &text);
}

/// Written beside and moved into place: whoever waits for the file never reads half of it.
fn write_address(path: &Path, address: SocketAddr) -> Result<(), Failure> {
    let beside = path.with_extension("new");
    std::fs::write(&beside, format!("{address}\n"))
        .and_then(|()| std::fs::rename(&beside, path))
        .map_err(|reason| Failure::AddressFile { path: path.to_owned(), reason })
}
