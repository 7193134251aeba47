//! `caseweave device`

use serde_json::{Value, json};
use sync_core::ids::DeviceId;

use super::user::find;
use super::{Failure, open, output};
use crate::app::StartError;
use crate::config::Config;
use crate::db::devices::{Device, DeviceState};
use crate::db::{self, write_tx};
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
            let issued = write_tx(&mut conn, |conn| {
                let user = find(conn, &user)?;
                codes::issue(conn, now, secrets, &user.id, &fresh).map_err(Failure::from)
            })?;
            let value = json!({ "code": issued.code, "expires_at": issued.expires_at });
            output::answer(config.json, &value, &issued.code);
            Ok(())
        }
        Command::Retire { id } => set_state(config, &mut conn, &id, DeviceState::Retired),
        Command::Stolen { id } => set_state(config, &mut conn, &id, DeviceState::Stolen),
        Command::List => {
            let rows: Vec<Value> = db::devices::list(&mut conn)?.iter().map(view).collect();
            output::list(config.json, &rows, &["id", "user", "name", "state", "last_seen_at"]);
            Ok(())
        }
    }
}

fn set_state(
    config: &Config,
    conn: &mut db::Conn,
    id: &DeviceId,
    state: DeviceState,
) -> Result<(), Failure> {
    write_tx(conn, |conn| db::devices::set_state(conn, id, state))?;
    let value = json!({ "device": id, "state": state.as_str() });
    output::answer(config.json, &value, state.as_str());
    Ok(())
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
