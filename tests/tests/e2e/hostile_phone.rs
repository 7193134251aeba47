//! Every hostile meaning from an enrolled phone over real TLS: the process stays up and small, the
//! record opens, another phone goes on as if nothing had been.

use std::time::{Duration, Instant};

use sync_core::gate::refusal::TOO_LONG;
use sync_core::ids::CaseId;
use sync_core::protocol::message::Outcome;
use system_tests::hostile::meanings::{Base, Meaning, Sent, Told, meanings};
use system_tests::live::raw::Raw;
use system_tests::live::{Failed, Staff};

use super::database::on_each;

const IONA: Staff = Staff { name: "iona", agency: "health", role: "practitioner" };
const LENA: Staff = Staff { name: "lena", agency: "education", role: "cluster_lead" };
/// What all of them together may cost the server's memory.
const GROWS_AT_MOST_MB: u64 = 64;
/// Of one, by the clock on the wall: an exchange with TLS, in a debug build beside other tests.
const TAKES_AT_MOST: Duration = Duration::from_secs(2);

#[test]
fn no_hostile_meaning_harms_the_server_or_another_phone() -> Result<(), Failed> {
    on_each(|server| {
        let phones = server.staff(&[IONA, LENA])?;
        let begun =
            phones[0].run(&["case", "begin", "--given-name", "Eilidh", "--family-name", "Ross"])?;
        let case: CaseId = begun["case"].as_str().ok_or("no case")?.parse()?;
        phones[0].run(&["sync"])?;
        let mut raw = Raw::of(&phones[0])?;
        let (actor, user) = (raw.enrolled.actor, raw.enrolled.user);
        let base = Base::new(actor, user, raw.enrolled.device, case);
        let cluster = raw.cluster()?;
        raw.exchange(&raw.push(cluster, std::slice::from_ref(&base.first)))?;
        let before = server.peak_mb()?;
        // What is taken would be the author's second change: what is refused comes first.
        let mut all = meanings(&base);
        all.sort_by_key(|meaning| meaning.told == Told::Taken);
        let mut taken = false;
        for meaning in &all {
            let began = Instant::now();
            let said = tell(&mut raw, meaning)?;
            assert!(began.elapsed() < TAKES_AT_MOST, "{}: {:?}", meaning.name, began.elapsed());
            // Of two that are taken the second finds its number taken.
            let second = taken && meaning.told == Told::Taken;
            let expected = if second { Told::Refused("actor_forked") } else { meaning.told };
            assert_eq!(said, outcome(expected), "{} {}", meaning.number, meaning.name);
            taken |= meaning.told == Told::Taken;
        }
        let grown = server.peak_mb()?.saturating_sub(before);
        assert!(grown < GROWS_AT_MOST_MB, "the server grew by {grown} MB");
        phones[1].run(&["sync"])?;
        let shown = phones[1].text(&["show", &case.to_string()])?;
        assert!(shown.contains("Rowan sleeps well."), "{shown}");
        phones[1].run(&["case", "begin", "--given-name", "Iain", "--family-name", "Ross"])?;
        phones[1].run(&["sync"])?;
        server.check()
    })
}

/// What the server says of a hostile push; nothing of one that it does not read.
fn tell(raw: &mut Raw, meaning: &Meaning) -> Result<Option<Outcome>, Failed> {
    let cluster = raw.cluster()?;
    let request = match &meaning.sent {
        Sent::Record(pushed) => raw.push(cluster, std::slice::from_ref(pushed)),
        Sent::Frame(frame) => raw.push_frame(cluster, frame.clone()),
    };
    let pages = raw.exchange(&request)?;
    Ok(pages.into_iter().flat_map(|page| page.answers).next().map(|answer| answer.outcome))
}

fn outcome(told: Told) -> Option<Outcome> {
    match told {
        Told::Unread => None,
        Told::TooLong => Some(Outcome::Refused(TOO_LONG.to_owned())),
        Told::Refused(code) => Some(Outcome::Refused(code.to_owned())),
        Told::Needs => Some(Outcome::Needs),
        Told::NotYet => Some(Outcome::NotYet),
        Told::Taken => Some(Outcome::Accepted),
    }
}
