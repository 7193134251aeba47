//! Photos, voice notes and body maps of a record.

use std::fs;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::json;
use sync_core::device::Enrolled;
use sync_core::device::attach::fetch_attachment;
use sync_core::device::https::Https;
use sync_core::device::sync::Stop;
use sync_core::device::{Attached, DeviceError};
use sync_core::ids::RecordId;
use sync_core::record::kinds::attachment::AttachmentSort;

use crate::cli::Act;
use crate::failure::Failure;
use crate::home::{Home, Phone};
use crate::names;
use crate::output::Answer;

#[derive(Args)]
pub(crate) struct Attach {
    /// The record that it belongs to.
    record: String,
    /// The file with its bytes: JPEG, PNG, M4A, WAV, or the marks of a body map in JSON.
    #[arg(long)]
    file: PathBuf,
    /// What it is.
    #[arg(long)]
    sort: Sort,
    /// What it shows or says.
    #[arg(long, allow_hyphen_values = true)]
    caption: Option<String>,
}

#[derive(Args)]
pub(crate) struct Attachment {
    /// The attachment's record.
    record: String,
    /// The file to write it to; fetched from the server first if it is not here.
    #[arg(long)]
    out: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Sort {
    Photo,
    VoiceNote,
    BodyMap,
}

impl From<Sort> for AttachmentSort {
    fn from(sort: Sort) -> Self {
        match sort {
            Sort::Photo => Self::Photo,
            Sort::VoiceNote => Self::VoiceNote,
            Sort::BodyMap => Self::BodyMap,
        }
    }
}

impl Act for Attach {
    fn typed(&mut self) -> Vec<&mut String> {
        self.caption.iter_mut().collect()
    }

    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        let record = names::record(&phone, &self.record)?;
        let bytes = fs::read(&self.file).map_err(|error| Failure::file(&self.file, &error))?;
        let (sort, caption, now) = (self.sort.into(), self.caption.clone(), phone.now);
        let saved = phone.device.attach(&record, sort, &bytes, caption, now)?;
        phone.saved(&saved, "")
    }
}

impl Act for Attachment {
    fn run(&self, home: &Home) -> Result<Answer, Failure> {
        let mut phone = home.open()?;
        let record = names::record(&phone, &self.record)?;
        let now = phone.now;
        phone.device.open_record(&record, now)?;
        let bytes = bytes(&mut phone, &record)?;
        fs::write(&self.out, &bytes).map_err(|error| Failure::file(&self.out, &error))?;
        let text = format!("{} bytes in {}", bytes.len(), self.out.display());
        Answer::new(&json!({ "record": record, "bytes": bytes.len() }), text)
    }
}

fn bytes(phone: &mut Phone, record: &RecordId) -> Result<Vec<u8>, Failure> {
    if let Attached::Here(bytes) = phone.device.attachment(record)? {
        return Ok(bytes);
    }
    let enrolled = Enrolled::load(phone.device.store())?.ok_or(DeviceError::NotEnrolled)?;
    let mut https = Https::of(&enrolled)?;
    fetch_attachment(&mut phone.device, &mut https, record, &Stop::never())?;
    match phone.device.attachment(record)? {
        Attached::Here(bytes) => Ok(bytes),
        Attached::NotHere { .. } => Err(DeviceError::NotArrived.into()),
    }
}
