//! A workload of our own invention, in the common format: the same for the same seed. Every word
//! of it is drawn from a short list.

use std::collections::{BTreeMap, BTreeSet};

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

use crate::workload::format::{
    Action, Assessed, Begun, Case, Day, Edit, Review, Visited, What, Workload,
};
use crate::workload::load::holder;

const WORDS: &str = "visit school nurse plan agreed family review meeting worker class reading meals \
    sleep housing letter phone called missed better worse calm upset steady home nursery bus \
    uniform support routine morning evening holiday club music garden kitchen grandmother brother \
    sister father mother cousin neighbour library swimming appointment hearing glasses form court \
    rent heating food parcel voucher clinic doctor tired cheerful quiet worried settled asked told \
    seen spoke heard agreed arranged will should would the and with about after before again";
const DOMAINS: [&str; 8] =
    ["safety", "health", "emotional", "family", "education", "housing", "social", "identity"];
const KINDS: [&str; 4] = ["home_visit", "school_visit", "phone_call", "office"];
const STATUSES: [&str; 5] = ["open", "in_progress", "blocked", "done", "cancelled"];
const RISKS: [&str; 4] = ["low", "moderate", "high", "critical"];
const DAY_MS: u64 = 86_400_000;
/// 8 January 2024.
const BEGIN: i64 = 1_704_672_000_000;
const YEARS_MS: u64 = 730 * DAY_MS;
/// Phones that hold one case.
const HOLDERS: u32 = 3;

/// Invents `cases` cases on `devices` phones.
#[must_use]
pub fn generate(seed: u64, cases: usize, devices: u32) -> Workload {
    let mut inventor = Inventor { rng: ChaCha20Rng::seed_from_u64(seed), devices: devices.max(2) };
    let cases: Vec<Case> = (0..cases).map(|i| inventor.case(i)).collect();
    let days = (0..inventor.devices).map(|device| inventor.day(device, &cases)).collect();
    let mut workload = Workload { cases, days };
    inventor.add_rivals(&mut workload);
    workload.days.iter_mut().for_each(|day| day.edits.sort_by_key(|edit| edit.t));
    workload
}

struct Inventor {
    rng: ChaCha20Rng,
    devices: u32,
}

impl Inventor {
    fn case(&mut self, i: usize) -> Case {
        let holders: BTreeSet<u32> = (0..HOLDERS).map(|n| (i as u32 + n) % self.devices).collect();
        let authors: Vec<String> =
            (0..self.between(2, 5)).map(|_| holder(self.between(0, 39) as u32)).collect();
        let begin = BEGIN + (self.between(0, 60) * DAY_MS) as i64;
        let mut edits = vec![self.create(i, &authors[0], begin)];
        let plan = self.outline();
        let mut texts = BTreeMap::new();
        let mut times: Vec<i64> = plan
            .iter()
            .map(|_| begin + 1 + self.between(0, YEARS_MS - 70 * DAY_MS) as i64)
            .collect();
        times.sort_unstable();
        for (what, t) in plan.into_iter().zip(times) {
            let by = authors[self.between(0, authors.len() as u64 - 1) as usize].clone();
            let what = self.what(what, &by, t, &mut texts);
            edits.push(Edit { case: None, t, by, what });
        }
        let id = self.uuid();
        Case { i, id, holders: holders.into_iter().collect(), edits }
    }

    /// What happens in a case, in order: assessments and actions before what changes them.
    fn outline(&mut self) -> Vec<Outline> {
        let mut plan: Vec<Outline> = (0..self.between(3, 6)).map(Outline::Assess).collect();
        let actions = self.between(3, 6);
        plan.extend((0..actions).map(Outline::Action));
        for _ in 0..self.between(20, 60) {
            plan.push(match self.between(0, 9) {
                0..=3 => Outline::Visit,
                4 | 5 => Outline::Text,
                6 | 7 => Outline::Status(self.between(0, actions - 1)),
                8 => Outline::Review,
                _ => Outline::Field,
            });
        }
        plan.push(Outline::Stage);
        plan
    }

    fn what(
        &mut self,
        what: Outline,
        by: &str,
        t: i64,
        texts: &mut BTreeMap<String, String>,
    ) -> What {
        match what {
            Outline::Assess(n) => {
                let (domain, text) = (DOMAINS[n as usize % DOMAINS.len()], self.prose(200, 800));
                texts.insert(domain.to_owned(), text.clone());
                let (score, author) = (self.between(1, 5) as i64, by.to_owned());
                What::Assess { domain: domain.into(), v: Assessed { score, at: t, author, text } }
            }
            Outline::Action(n) => {
                let due = t + (self.between(7, 90) * DAY_MS) as i64;
                let (title, owner) = (self.prose(30, 80), by.to_owned());
                let v = Action { title, owner, due, status: "open".to_owned() };
                What::Action { id: format!("a{n}"), v }
            }
            Outline::Visit => self.visit(by, t),
            Outline::Text => {
                let n = self.between(0, texts.len() as u64 - 1) as usize;
                let (domain, text) = texts.iter().nth(n).map_or_else(
                    || (DOMAINS[0].to_owned(), String::new()),
                    |(domain, text)| (domain.clone(), text.clone()),
                );
                let sp = self.splices(text.chars().count());
                texts.insert(domain.clone(), super::script::spliced(&text, &sp));
                What::Text { domain, sp }
            }
            Outline::Status(n) => self.status(n),
            Outline::Review => {
                let outcome = self.one(&["continue", "step_up", "step_down"]);
                let (author, text) = (by.to_owned(), self.prose(150, 500));
                What::Review { v: Review { at: t, author, outcome, text } }
            }
            Outline::Stage => What::Stage { to: self.between(2, 4) as i64 },
            Outline::Field => {
                let key = self.one(&["guardianPhone", "address", "classroom", "school"]);
                What::Field { key, to: format!("{} {}", self.word(), self.between(1, 999)) }
            }
        }
    }

    fn create(&mut self, i: usize, by: &str, t: i64) -> Edit {
        let born =
            format!("{}-0{}-1{}", self.between(2008, 2018), self.between(1, 9), self.between(0, 9));
        let parts = [
            ("givenName", self.word()),
            ("familyName", self.word()),
            ("birthDate", born),
            ("sex", self.one(&["f", "m", "x"])),
            ("school", format!("S{}", self.between(1, 40))),
            ("classroom", format!("{}A", self.between(1, 9))),
            ("language", self.one(&["en", "gd", "pl"])),
            ("guardianName", self.word()),
            ("guardianPhone", format!("07{}", self.between(100_000, 999_999))),
            ("address", format!("{} {} street", self.between(1, 200), self.word())),
        ];
        let identity = parts.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        let risk_level = self.one(&RISKS[..3]);
        let case_no = format!("W-{i:05}");
        let v = Begun { case_no, identity, risk_level, stage: 1 };
        Edit { case: None, t, by: by.to_owned(), what: What::Create { v } }
    }

    fn visit(&mut self, by: &str, t: i64) -> What {
        let id = self.uuid();
        let (kind, minutes) = (self.one(&KINDS), self.between(10, 120) as u32);
        let (author, text) = (by.to_owned(), self.prose(300, 1_500));
        What::Visit { v: Visited { id, at: t, author, kind, minutes, text } }
    }

    fn status(&mut self, action: u64) -> What {
        What::Status { id: format!("a{action}"), to: self.one(&STATUSES) }
    }

    /// One insertion, sometimes in place of a few characters.
    fn splices(&mut self, length: usize) -> Vec<(usize, usize, String)> {
        let position = self.between(0, length as u64) as usize;
        let delete = if self.between(0, 1) == 0 { 0 } else { self.between(3, 30) as usize };
        vec![(position, delete.min(length - position), format!(" {}", self.prose(20, 90)))]
    }

    fn day(&mut self, device: u32, cases: &[Case]) -> Day {
        let by = holder(device);
        let own: Vec<usize> =
            cases.iter().filter(|case| case.holders.contains(&device)).map(|case| case.i).collect();
        let mut edits = Vec::new();
        for n in 0..13 {
            if own.is_empty() {
                break;
            }
            let case = own[self.between(0, own.len() as u64 - 1) as usize];
            let t = self.time_of_day();
            let what = match n {
                0..=5 => self.visit(&by, t),
                6..=8 => What::Text { domain: DOMAINS[n - 6].to_owned(), sp: self.splices(100) },
                _ => {
                    let action = self.between(0, 2);
                    self.status(action)
                }
            };
            edits.push(Edit { case: Some(case), t, by: by.clone(), what });
        }
        Day { device, by, cases: own, edits }
    }

    /// On every twentieth case two holders judge the risk unlike.
    fn add_rivals(&mut self, workload: &mut Workload) {
        for case in workload.cases.iter().filter(|case| case.i % 20 == 0) {
            let first = self.between(0, 3) as usize;
            let second = (first + self.between(1, 3) as usize) % RISKS.len();
            for (device, risk) in case.holders.iter().zip([first, second]) {
                let t = self.time_of_day();
                let day = workload.days.iter_mut().find(|day| day.device == *device);
                if let Some(day) = day {
                    let what = What::Risk { to: RISKS[risk].to_owned() };
                    let by = day.by.clone();
                    day.edits.push(Edit { case: Some(case.i), t, by, what });
                }
            }
        }
    }

    fn time_of_day(&mut self) -> i64 {
        BEGIN + YEARS_MS as i64 + self.between(8 * 3_600, 16 * 3_600) as i64 * 1_000
    }

    fn prose(&mut self, least: usize, most: usize) -> String {
        let length = self.between(least as u64, most as u64 - 20) as usize;
        let mut text = self.word();
        while text.len() < length {
            text.push_str(if self.between(0, 11) == 0 { ". " } else { " " });
            text.push_str(&self.word());
        }
        text
    }

    fn word(&mut self) -> String {
        let words: Vec<&str> = WORDS.split_whitespace().collect();
        self.one(&words)
    }

    fn one(&mut self, of: &[&str]) -> String {
        of[self.between(0, of.len() as u64 - 1) as usize].to_owned()
    }

    fn uuid(&mut self) -> String {
        let mut bytes = [0; 16];
        self.rng.fill_bytes(&mut bytes);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
    }

    /// A number from `least` to `most`, both included.
    fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.rng.next_u64() % (most - least + 1)
    }
}

enum Outline {
    Assess(u64),
    Action(u64),
    Visit,
    Text,
    Status(u64),
    Review,
    Stage,
    Field,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_workload_and_it_reads_back() {
        let workload = generate(3, 5, 4);
        assert_eq!(workload, generate(3, 5, 4));
        assert_ne!(workload, generate(4, 5, 4));
        let json = serde_json::to_string(&workload.cases[0]).unwrap();
        assert_eq!(serde_json::from_str::<Case>(&json).unwrap(), workload.cases[0]);
    }

    #[test]
    fn two_holders_are_rivals_on_every_twentieth_case() {
        let workload = generate(1, 21, 6);
        let risks = |case| {
            let edits = workload.days.iter().flat_map(|day| &day.edits);
            edits
                .filter(|edit| edit.case == Some(case))
                .filter(|edit| matches!(edit.what, What::Risk { .. }))
                .count()
        };
        assert_eq!((risks(0), risks(1), risks(20)), (2, 0, 2));
    }
}
