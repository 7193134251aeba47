//! `caseweave device`

use serde_json::{Value, json};
use sync_core::ids::{DeviceId, UserId};

use super::user::find;
use super::{Failure, act, act_on_taken_off, open, output};
use crate::app::{AppState, StartError};
use crate::config::Config;
use crate::db;
use crate::db::devices::DeviceState;
use crate::service::audit::{Act, Note};
use crate::service::devices::{MarkError, Shown};
use crate::service::{codes, devices};

/// Phones.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Print a one-time code with which a person enrols a phone.
    Code {
        /// What they type to sign in.
        #[arg(long)]
        user: String,
    },
    /// A person leaves or hands a phone back: at its next contact it hands over what only it has, for a
    /// reviewer, and is then erased.
    Retire {
        /// The phone's id.
        id: DeviceId,
    },
    /// A phone was lost or stolen: at its next contact it is erased.
    Stolen {
        /// The phone's id.
        id: DeviceId,
    },
    /// Take a mark back, as long as the phone was not erased.
    Restore {
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
        Command::Retire { id } => set_state(config, (&mut conn, &state), &id, DeviceState::Retired),
        Command::Stolen { id } => set_state(config, (&mut conn, &state), &id, DeviceState::Stolen),
        Command::Restore { id } => set_state(config, (&mut conn, &state), &id, DeviceState::Active),
        Command::List => {
            let mut rows = Vec::new();
            for device in db::devices::list(&mut conn)? {
                rows.push(view(&devices::show(&mut conn, device, state.clock.now())?));
            }
            let columns = ["id", "owner", "name", "state", "erasure", "last_seen_at"];
            output::list(config.json, &rows, &columns);
            Ok(())
        }
    }
}

fn set_state(
    config: &Config,
    (conn, app): (&mut db::Conn, &AppState),
    id: &DeviceId,
    state: DeviceState,
) -> Result<(), Failure> {
    let now = app.clock.now();
    let shown = act_on_taken_off(config, (conn, app), |conn| {
        let device = db::devices::by_id(conn, id)?.ok_or(MarkError::NotOpen)?;
        let shown = devices::set_state(conn, &device, state, None, now)??;
        let note = note(conn, &device.user, state.as_str())?;
        Ok::<_, Failure>((shown, vec![note.about(*id.as_bytes())]))
    })?;
    let value = json!({ "device": id, "state": state.as_str() });
    output::answer(config.json, &value, words(&shown));
    Ok(())
}

/// What is written down of a change to somebody's phones, where they work.
fn note(conn: &mut db::Conn, user: &UserId, what: &str) -> Result<Note, db::Error> {
    let posts = db::memberships::of_user(conn, user)?;
    let note = Note::of(Act::ChangeDevice).about(*user.as_bytes()).with(what);
    Ok(posts.iter().fold(note, |note, post| note.in_cluster(post.cluster)))
}

/// What happens now.
fn words(shown: &Shown) -> &'static str {
    match shown.device.state {
        _ if shown.device.desk_of.is_some() => "the desk is signed out",
        DeviceState::Active => "active: the phone goes on as before",
        DeviceState::Retired => {
            "retired: at its next contact the phone hands over what only it has and is then erased"
        }
        DeviceState::Stolen => "stolen: at its next contact the phone is erased",
    }
}

fn view(shown: &Shown) -> Value {
    let device = &shown.device;
    json!({
        "id": device.id,
        "user": device.user,
        "owner": shown.owner,
        "name": device.name,
        "kind": if device.desk_of.is_some() { "desk" } else { "phone" },
        "state": device.state.as_str(),
        "erasure": erasure(shown),
        "erased_at": shown.order.and_then(|order| order.erased_at),
        "enrolled_at": device.enrolled_at,
        "last_seen_at": device.last_seen_at,
        "clock_offset_ms": device.clock_offset_ms,
    })
}

const fn erasure(shown: &Shown) -> &'static str {
    match &shown.order {
        None => "none",
        Some(order) if order.erased_at.is_none() => "ordered, not confirmed",
        Some(_) => "confirmed",
    }
}
