//! `caseweave device`

use serde_json::{Value, json};
use sync_core::ids::{DeviceId, UserId};

use super::user::find;
use super::{Failure, act, open, output};
use crate::app::{AppState, StartError};
use crate::config::Config;
use crate::db;
use crate::db::devices::{Device, DeviceState};
use crate::service::audit::{Act, Note};
use crate::service::codes;

/// Phones.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Print a one-time code with which a person enrols a phone.
    Code {
        /// What they type to sign in.
        #[arg(long)]
        user: String,
    },
    /// From its next request on a phone may only surrender its work and erase.
    Retire {
        /// The phone's id.
        id: DeviceId,
    },
    /// From its next request on a phone may only erase.
    Stolen {
        /// The phone's id.
        id: DeviceId,
    },
    /// List the phones.
    List,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] in an operator's words.
pub fn run(config: &Config, command: Command) -> Result<(), Failure> {
    let (mut conn, state) = open(config)?;
    match command {
        Command::Code { user } => {
            let fresh = state.entropy.bytes().map_err(StartError::from)?;
            let (now, secrets) = (state.clock.now(), &state.secrets);
            let issued = act((&mut conn, &state), |conn| {
                let user = find(conn, &user)?;
                let issued = codes::issue(conn, now, secrets, &user.id, &fresh)?;
                Ok::<_, Failure>((issued, vec![note(conn, &user.id, "a code")?]))
            })?;
            let value = json!({ "code": issued.code, "expires_at": issued.expires_at });
            output::answer(config.json, &value, &issued.code);
            Ok(())
        }
        Command::Retire { id } => set_state(config, (conn, state), &id, DeviceState::Retired),
        Command::Stolen { id } => set_state(config, (conn, state), &id, DeviceState::Stolen),
        Command::List => {
            let rows: Vec<Value> = db::devices::list(&mut conn)?.iter().map(view).collect();
            output::list(config.json, &rows, &["id", "user", "name", "state", "last_seen_at"]);
            Ok(())
        }
    }
}

fn set_state(
    config: &Config,
    (mut conn, app): (db::Conn, AppState),
    id: &DeviceId,
    state: DeviceState,
) -> Result<(), Failure> {
    act((&mut conn, &app), |conn| {
        db::devices::set_state(conn, id, state)?;
        let device = db::devices::by_id(conn, id)?.ok_or(db::Error::Missing)?;
        let note = note(conn, &device.user, state.as_str())?;
        Ok::<_, db::Error>(((), vec![note.about(*id.as_bytes())]))
    })?;
    let value = json!({ "device": id, "state": state.as_str() });
    output::answer(config.json, &value, state.as_str());
    Ok(())
}

/// What is written down of a change to somebody's phones, where they work.
fn note(conn: &mut db::Conn, user: &UserId, what: &str) -> Result<Note, db::Error> {
    let posts = db::memberships::of_user(conn, user)?;
    let note = Note::of(Act::ChangeDevice).about(*user.as_bytes()).with(what);
    Ok(posts.iter().fold(note, |note, post| note.in_cluster(post.cluster)))
}

fn view(device: &Device) -> Value {
    json!({
        "id": device.id,
        "user": device.user,
        "name": device.name,
        "state": device.state.as_str(),
        "enrolled_at": device.enrolled_at,
        "last_seen_at": device.last_seen_at,
        "clock_offset_ms": device.clock_offset_ms,
    })
}
