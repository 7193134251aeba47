//! Everything that reads bytes from outside, each with the laws that no bytes may break: what a
//! fuzzer drives (`make fuzz`), and what an ordinary test tries with honest bytes and their bit flips.

mod core;
mod gate;
mod seeds;
mod server;

use crate::workload::measure::cpu_s;

/// More processor time than this for one input is a hang, seconds.
const HANG_S: f64 = 1.0;
/// The same of a story, which seals its record fifty times and may paste 20,000 characters into it.
const STORY_S: f64 = 5.0;
/// What is promised for one input, seconds.
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
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "change-body", read: core::change_body, seeds: seeds::change_bodies },
    Target { name: "push-frame", read: core::push_frame, seeds: seeds::push_frames },
    Target { name: "pull-frame", read: core::pull_frame, seeds: seeds::pull_frames },
    Target { name: "page", read: core::page, seeds: seeds::pages },
    Target { name: "page-stream", read: core::page_stream, seeds: seeds::page_streams },
    Target { name: "request", read: core::request, seeds: seeds::requests },
    Target { name: "request-stream", read: core::request_stream, seeds: seeds::request_streams },
    Target { name: "envelope", read: core::envelope, seeds: seeds::envelopes },
    Target { name: "framework", read: core::framework, seeds: seeds::frameworks },
    Target { name: "cursor", read: server::cursor, seeds: seeds::cursors },
    Target { name: "access-token", read: server::access_token, seeds: seeds::access_tokens },
    Target { name: "refresh-token", read: server::refresh_token, seeds: seeds::refresh_tokens },
    Target { name: "enrolment", read: server::enrolment, seeds: seeds::enrolments },
    Target { name: "enrolment-code", read: server::enrolment_code, seeds: seeds::enrolment_codes },
    Target { name: "gate", read: gate::damaged, seeds: seeds::gate_pushes },
    Target { name: "meaning", read: gate::meaning, seeds: seeds::meanings },
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
    /// If a law is broken, or the bytes cost as much as a hang.
    pub fn try_with(&self, bytes: &[u8]) -> Option<f64> {
        let began = cpu_s();
        (self.read)(bytes);
        let cost = cpu_s() - began;
        let hang = if self.name == "meaning" { STORY_S } else { HANG_S };
        assert!(cost < hang, "{}: {cost:.2} s for {} bytes", self.name, bytes.len());
        Some(cost).filter(|cost| *cost > PROMISED_S)
    }
}
