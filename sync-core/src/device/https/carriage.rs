//! The bytes of attachments by HTTPS.

use std::io::Read;

use serde::Deserialize;

use super::{Https, NotDone, checked};
use crate::device::transport::{Carriage, CarriageError, Transport};
use crate::ids::RecordId;

/// How far the server is.
#[derive(Deserialize)]
struct Received {
    received: u64,
}

impl Carriage for Https {
    fn received(&mut self, access_token: &str, record: &RecordId) -> Result<u64, CarriageError> {
        let request = self.agent.get(format!("{}/v1/attachments/{record}/received", self.base));
        let request = request.header("authorization", format!("Bearer {access_token}"));
        far(checked(request.call())?)
    }

    fn bring(
        &mut self,
        access_token: &str,
        record: &RecordId,
        from: u64,
        piece: &[u8],
    ) -> Result<u64, CarriageError> {
        let request = self.agent.put(format!("{}/v1/attachments/{record}?from={from}", self.base));
        let request = request.header("authorization", format!("Bearer {access_token}"));
        far(checked(request.content_type("application/octet-stream").send(piece))?)
    }

    fn fetch(
        &mut self,
        access_token: &str,
        record: &RecordId,
        from: u64,
    ) -> Result<Box<dyn Read>, CarriageError> {
        let request = self.agent.get(format!("{}/v1/attachments/{record}?from={from}", self.base));
        let request = request.header("authorization", format!("Bearer {access_token}"));
        Ok(Box::new(checked(request.call())?.into_body().into_reader()))
    }

    fn as_transport(&mut self) -> &mut dyn Transport {
        self
    }
}

fn far(mut answer: super::Answer) -> Result<u64, CarriageError> {
    let text = answer.body_mut().read_to_string().map_err(|_| NotDone::Offline)?;
    let Received { received } = serde_json::from_str(&text).map_err(|_| NotDone::Odd)?;
    Ok(received)
}

impl From<NotDone> for CarriageError {
    fn from(not_done: NotDone) -> Self {
        let code = match &not_done {
            NotDone::Refused(_, Some(said)) => said.code.as_str(),
            _ => "",
        };
        match code {
            "not_found" => Self::NotOpen,
            "not_arrived" => Self::NotArrived,
            "wrong_place" | "other_bytes" => Self::NotTaken,
            _ => Self::Way(not_done.into()),
        }
    }
}
