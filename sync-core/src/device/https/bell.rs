//! Waiting at the server by HTTPS.

use serde::Deserialize;

use super::{Https, NotDone, checked, once_more_if_let_go};
use crate::device::transport::{Bell, Standing, TransportError};

/// Whether there is something.
#[derive(Deserialize)]
struct News {
    news: bool,
}

impl Bell for Https {
    fn wait(
        &mut self,
        access_token: &str,
        standing: &Standing,
        seconds: u32,
    ) -> Result<bool, TransportError> {
        let cursors = spelt(standing);
        let path = format!("{}/v1/sync/wait?seconds={seconds}&cursors={cursors}", self.base);
        let sent = || {
            let request = self.agent.get(&path);
            request.header("authorization", format!("Bearer {access_token}")).call()
        };
        let mut answer = checked(once_more_if_let_go(sent))?;
        let text = answer.body_mut().read_to_string().map_err(|_| NotDone::Offline)?;
        let News { news } = serde_json::from_str(&text).map_err(|_| NotDone::Odd)?;
        Ok(news)
    }
}

/// Cluster and cursor with a colon between, hexadecimal, several with commas between.
fn spelt(Standing(cursors): &Standing) -> String {
    let one = |(cluster, cursor): &(_, Vec<u8>)| {
        let cursor: String = cursor.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{cluster}:{cursor}")
    };
    cursors.iter().map(one).collect::<Vec<_>>().join(",")
}
