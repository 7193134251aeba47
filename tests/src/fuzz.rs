//! Everything that reads bytes from outside, each with the laws that no bytes may break: what a
//! fuzzer drives (`make fuzz`), and what an ordinary test tries with honest bytes and their bit flips.

mod core;
mod gate;
mod seeds;
mod server;

use crate::workload::measure::cpu_s;

/// More processor time than this for one piece of an input is a hang, seconds.
const HANG_S: f64 = 1.0;
/// What is promised for one piece, seconds.
const PROMISED_S: f64 = 0.05;

/// One reader of bytes from outside.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name: also of its folder of seeds and of its corpus.
    pub name: &'static str,
    /// Reads the bytes and says whether they were taken. Panics if a law is broken.
    pub read: fn(&[u8]) -> bool,
    /// Honest bytes, which must be taken.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// How many pieces one input is read as: a story is many pushes, each with a promise of its own.
    pub pieces: u32,
}

const fn one(name: &'static str, read: fn(&[u8]) -> bool, seeds: fn() -> Vec<Vec<u8>>) -> Target {
    Target { name, read, seeds, pieces: 1 }
}

/// Every target.
pub const TARGETS: &[Target] = &[
    one("change-body", core::change_body, seeds::change_bodies),
    one("push-frame", core::push_frame, seeds::push_frames),
    one("pull-frame", core::pull_frame, seeds::pull_frames),
    one("page", core::page, seeds::pages),
    one("page-stream", core::page_stream, seeds::page_streams),
    one("request", core::request, seeds::requests),
    one("request-stream", core::request_stream, seeds::request_streams),
    one("envelope", core::envelope, seeds::envelopes),
    one("framework", core::framework, seeds::frameworks),
    one("cursor", server::cursor, seeds::cursors),
    one("access-token", server::access_token, seeds::access_tokens),
    one("refresh-token", server::refresh_token, seeds::refresh_tokens),
    one("enrolment", server::enrolment, seeds::enrolments),
    one("enrolment-code", server::enrolment_code, seeds::enrolment_codes),
    one("gate", gate::damaged, seeds::gate_pushes),
    Target { name: "meaning", read: gate::meaning, seeds: seeds::meanings, pieces: gate::PIECES },
];

/// The target of this name.
#[must_use]
pub fn target(name: &str) -> Option<Target> {
    TARGETS.iter().find(|target| target.name == name).copied()
}

impl Target {
    /// Reads bytes and sees what it cost. Returns the seconds of processor time if they are more
    /// than is promised.
    ///
    /// # Panics
    /// If a law is broken, or the bytes cost more than a second.
    pub fn try_with(&self, bytes: &[u8]) -> Option<f64> {
        let began = cpu_s();
        (self.read)(bytes);
        let cost = cpu_s() - began;
        let each = cost / f64::from(self.pieces);
        assert!(each < HANG_S, "{}: {each:.2} s a piece of {} bytes", self.name, bytes.len());
        Some(each).filter(|each| *each > PROMISED_S)
    }
}
