//! Whose phone this is and what is only on it.

use clap::Args;
use serde_json::json;
use sync_core::device::{DeviceError, Enrolled};
use sync_core::time::Timestamp;

use crate::cli::Act;
use crate::failure::Failure;
use crate::home::{Home, items};
use crate::output::Answer;

/// Under this name the phone keeps when it last had a whole sync.
pub(crate) const LAST_SYNC: &[u8] = b"phone last sync";

#[derive(Args)]
pub(crate) struct Status {}

#[derive(Args)]
pub(crate) struct Unsent {}

impl Act for Status {
    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let phone = home.open()?;
        let enrolled = Enrolled::load(phone.device.store())?.ok_or(DeviceError::NotEnrolled)?;
        let last = phone.own(LAST_SYNC)?.and_then(|bytes| <[u8; 8]>::try_from(bytes).ok());
        let last = last.map(|bytes| Timestamp(i64::from_be_bytes(bytes)));
        let only_here = phone.device.only_here()?;
        let returned = phone.device.returned()?.len();
        let clusters = phone.device.clusters();
        let value = json!({
            "user": enrolled.user, "name": enrolled.name, "agency": enrolled.agency,
            "device": enrolled.device, "actor": enrolled.actor, "server": enrolled.server,
            "clusters": clusters, "roles": enrolled.roles, "only_here": only_here.changes,
            "returned": returned, "last_sync": last,
        });
        let clusters = clusters.values().map(String::as_str).collect::<Vec<_>>().join(", ");
        let last = last.map_or_else(|| "never".to_owned(), |last| last.to_string());
        let text = format!(
            "{}\nuser {}\ndevice {}\nserver {}\nclusters {clusters}\nlast sync {last}\n{}, {returned} came back",
            enrolled.name,
            enrolled.user,
            enrolled.device,
            enrolled.server,
            items(only_here.changes),
        );
        Answer::new(&value, text)
    }
}

impl Act for Unsent {
    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let only_here = home.open()?.device.only_here()?;
        Answer::new(&only_here, items(only_here.changes))
    }
}
