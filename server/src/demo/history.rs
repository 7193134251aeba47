//! What happened with a child whom a team works with: from the first concern to the day on which
//! the area stands.

use jiff::civil::Date;
use sync_core::time::Timestamp;

use crate::demo::area::Area;
use crate::demo::event::{Event, Finding, PlanRow, Visit, What};
use crate::demo::people::{Agency, Role};
use crate::demo::prose::{self, Voice};
use crate::demo::themes::{HARM, THEMES, Theme};
use crate::demo::{Dice, Part, later, working_day};

/// The history of a pupil, oldest first; nothing for one whom no team works with.
#[must_use]
pub fn tell(area: &Area, pupil: u32) -> Vec<Event> {
    let child = area.pupils.get(pupil as usize);
    let Some((child, stage)) = child.and_then(|child| Some((child, child.stage?))) else {
        return Vec::new();
    };
    let home = &area.families[child.home];
    let school = &area.schools[child.school];
    let voice = Voice {
        child: child.given,
        girl: child.girl,
        carer: home.guardians[0].relation,
        school: &school.name,
    };
    let mut dice = Dice::new(area.seed, Part::History(pupil));
    let theme = dice.pick(THEMES);
    let team = team(&mut dice, area, school.cluster, child.school, stage);
    let cluster_lead = area.staff(school.cluster, Role::ClusterLead).next().unwrap_or(team[0]);
    // Some wait for somebody to co-ordinate: the cluster lead's page shows who.
    let lead = if dice.chance(92) { team[1] } else { cluster_lead };
    let (rows, events) = (0, Vec::new());
    let cluster = school.cluster;
    let mut story =
        Story { area, cluster, voice, theme, team, cluster_lead, lead, dice, rows, events };
    story.run(stage, home.guardians.len());
    story.events.sort_by_key(|event| event.at);
    story.events
}

/// Named person, whoever may be lead professional, then others: the more the higher the stage.
fn team(dice: &mut Dice, area: &Area, cluster: usize, school: usize, stage: u8) -> Vec<u32> {
    let of_school = |at: &u32| area.practitioners[*at as usize].school == Some(school);
    let named: Vec<u32> = area.staff(cluster, Role::NamedPerson).filter(of_school).collect();
    let field: Vec<u32> = area.staff(cluster, Role::FieldWorker).collect();
    let mut team = vec![*dice.pick(&named)];
    let size = 1 + usize::from(stage) + dice.between(0, i32::from(stage)) as usize;
    while team.len() <= size {
        let who = *dice.pick(&field);
        if !team.contains(&who) {
            team.push(who);
        }
    }
    team
}

struct Story<'a> {
    area: &'a Area,
    cluster: usize,
    voice: Voice<'a>,
    theme: &'static Theme,
    team: Vec<u32>,
    cluster_lead: u32,
    /// Who co-ordinates: the lead professional, or the cluster lead where there is none.
    lead: u32,
    dice: Dice,
    rows: usize,
    events: Vec<Event>,
}

impl Story<'_> {
    fn run(&mut self, stage: u8, guardians: usize) {
        let opened = later(self.area.today, -self.dice.between(25, 720));
        let days = (self.area.today - opened).get_days();
        self.concern(opened);
        self.begin(opened, guardians);
        for step in 1..=stage {
            // The stage that the roll says is reached within the first half of the time.
            let after = 10 + i32::from(step - 1) * days / (2 * i32::from(stage));
            self.step_up(later(opened, after), step);
        }
        self.visits(later(opened, 12), stage);
        self.meetings(later(opened, 30), stage);
        self.now_and_then(opened, days);
    }

    /// The team comes together. Three days lie between what needs what went before: a weekend
    /// cannot turn them round.
    fn begin(&mut self, opened: Date, guardians: usize) {
        let practitioners = self.team.clone();
        self.write(later(opened, 1), self.cluster_lead, What::Joined { practitioners });
        if self.lead == self.team[1] {
            let what = What::LeadProfessional { practitioner: self.lead };
            self.write(later(opened, 4), self.cluster_lead, what);
        }
        // A family that wants no police on the case has no police on the team.
        let police = |who: &u32| self.area.practitioners[*who as usize].agency == Agency::Police;
        let no_police = self.dice.chance(6) && !self.team.iter().any(police);
        let withheld = no_police.then_some(Agency::Police);
        for guardian in 0..guardians {
            let author = self.team[0];
            self.write(later(opened, 7), author, What::Consent { guardian, withheld });
        }
    }

    fn concern(&mut self, day: Date) {
        let harm = self.dice.chance(5);
        let seen = self.say(if harm { HARM } else { self.theme.seen });
        let action = prose::told(&mut self.dice, self.voice);
        let indicator = if harm { "suspected harm" } else { self.theme.indicator };
        let author = self.member();
        // Worries do not keep office hours: the day stays, and the hour may be late.
        let at = moment(day, self.dice.between(8 * 60, 21 * 60));
        let what = What::Concern { indicator, seen, harm, action };
        if day < self.area.today {
            self.events.push(Event { at, author, what });
        }
        let days = match harm {
            true => self.dice.between(10, 40),
            // Most hear within days; now and then one lies.
            false if self.dice.chance(96) => self.dice.between(1, 8),
            false => self.dice.between(10, 50),
        };
        self.settle(later(day, days), author);
    }

    /// Whoever leads the agency of the concern's author decides what became of it.
    fn settle(&mut self, day: Date, concerned: u32) {
        let agency = self.area.practitioners[concerned as usize].agency;
        let of_agency = |at: &u32| self.area.practitioners[*at as usize].agency == agency;
        let lead = self.area.staff(self.cluster, Role::AgencyLead).find(of_agency);
        let decision = prose::settled(&mut self.dice, self.voice);
        if let Some(lead) = lead {
            self.write(day, lead, What::ConcernSettled { decision });
        }
    }

    fn step_up(&mut self, day: Date, stage: u8) {
        let reason = prose::stage_reason(&mut self.dice, self.voice);
        self.write(day, self.lead, What::Stage { stage, reason });
        if stage > 1 {
            self.request(later(day, 2));
        }
        let days = self.dice.between(7, 25);
        self.assessment(later(day, days));
        for _ in 0..self.dice.between(1, 2) {
            self.plan_row(later(day, 28));
        }
    }

    fn request(&mut self, day: Date) {
        let to = self.dice.pick(self.theme.actions).0;
        let reason = prose::request(&mut self.dice, self.voice);
        let due = working_day(later(day, 14));
        self.write(day, self.lead, What::Request { to, reason, due });
        let accepted = self.dice.chance(85);
        let feedback = prose::decision(&mut self.dice, self.voice);
        let days = self.dice.between(3, 18);
        let author = self.member();
        self.write(later(day, days), author, What::Decision { accepted, feedback });
    }

    fn assessment(&mut self, day: Date) {
        let need = self.say(self.theme.needs);
        let mut findings = vec![Finding { element: self.theme.element, sort: "need", text: need }];
        for element in ["safe", "active", "respected"] {
            let text = prose::strength(&mut self.dice, self.voice);
            findings.push(Finding { element, sort: "strength", text });
        }
        let conclusion = prose::conclusion(&mut self.dice, self.voice);
        let review = working_day(later(day, 90));
        self.write(day, self.lead, What::Assessment { findings, conclusion, review });
    }

    fn plan_row(&mut self, day: Date) {
        let (agency, action) = *self.dice.pick(self.theme.actions);
        let due = working_day(later(day, self.dice.between(30, 120)));
        let row = PlanRow {
            need: self.say(self.theme.needs),
            action: self.say(&[action]),
            outcome: self.say(self.theme.outcomes),
            evidence: self.say(self.theme.evidence),
            agency,
            due,
        };
        let number = self.rows;
        if self.write(day, self.lead, What::PlanRow(Box::new(row))) {
            self.rows += 1;
            let days = self.dice.between(10, 30);
            self.progress(later(day, days), number);
        }
    }

    /// A row's way: under way, now and then stuck, for most of them done.
    fn progress(&mut self, from: Date, row: usize) {
        let mut day = from;
        let ways: &[(&str, &str)] = match self.dice.weighted(&[60, 20, 12, 8]) {
            0 => &[("in_progress", "amber"), ("in_progress", "green"), ("done", "green")],
            1 => &[("in_progress", "amber"), ("blocked", "red"), ("in_progress", "amber")],
            2 => &[("blocked", "red")],
            _ => &[("in_progress", "amber"), ("cancelled", "red")],
        };
        for (status, rating) in ways.iter().copied() {
            let author = self.member();
            self.write(day, author, What::PlanStatus { row, status, rating });
            day = later(day, self.dice.between(14, 60));
        }
    }

    fn visits(&mut self, from: Date, stage: u8) {
        let mut day = from;
        let apart = 40 / i32::from(stage);
        while day < self.area.today {
            let next = later(day, self.dice.between(apart / 2, apart * 2));
            self.visit(day, next);
            day = next;
        }
    }

    fn visit(&mut self, planned: Date, next: Date) {
        let late = if self.dice.chance(20) { self.dice.between(1, 5) } else { 0 };
        let child_seen = self.dice.chance(85);
        let seen_alone = child_seen && self.dice.chance(45);
        let narrative = prose::narrative(&mut self.dice, self.voice, child_seen, seen_alone);
        let minutes = 5 * self.dice.between(4, 18);
        let visit = Visit { planned, minutes, child_seen, seen_alone, narrative, next };
        let author = self.member();
        self.write(later(planned, late), author, What::Visit(Box::new(visit)));
    }

    fn meetings(&mut self, from: Date, stage: u8) {
        let mut day = from;
        while day < self.area.today {
            let next = working_day(later(day, self.dice.between(60, 100) / i32::from(stage) + 20));
            self.meeting(day, next);
            self.views(later(day, -2));
            day = next;
        }
    }

    fn meeting(&mut self, day: Date, next: Date) {
        let team = self.team.clone();
        let invited = team.into_iter().map(|who| (who, self.dice.chance(80))).collect();
        let notes = prose::meeting_notes(&mut self.dice, self.voice);
        let decisions = vec![prose::decision(&mut self.dice, self.voice)];
        let what = What::Meeting { invited, notes, decisions, next };
        self.write(day, self.lead, what);
    }

    fn views(&mut self, day: Date) {
        let of_child = self.dice.chance(65);
        let words = if of_child {
            self.say(self.theme.words)
        } else {
            prose::parent_words(&mut self.dice, self.voice)
        };
        let how =
            if of_child { *self.dice.pick(&["spoken", "drawn", "written"]) } else { "spoken" };
        let alone = self.dice.chance(50);
        let has_changed = self.dice.chance(40);
        let changed = has_changed.then(|| prose::changed(&mut self.dice, self.voice));
        let author = self.member();
        self.write(day, author, What::Views { of_child, how, alone, words, changed });
    }

    /// What no plan foresaw: another concern, a turn in the family's life.
    fn now_and_then(&mut self, opened: Date, days: i32) {
        for _ in 0..days / 150 {
            let day = later(opened, self.dice.between(10, days));
            self.concern(day);
        }
        if self.dice.chance(60) {
            let day = later(opened, self.dice.between(5, days));
            let on = later(day, -self.dice.between(0, 4));
            let (what, impact) = prose::significant(&mut self.dice, self.voice);
            let author = self.member();
            self.write(day, author, What::SignificantEvent { on, what, impact });
        }
    }

    /// Writes something down on `day` or the working day after it, unless that is still to come.
    fn write(&mut self, day: Date, author: u32, what: What) -> bool {
        let day = working_day(day);
        let minute = self.dice.between(8 * 60 + 30, 16 * 60 + 30);
        let is_past = day < self.area.today;
        if is_past {
            self.events.push(Event { at: moment(day, minute), author, what });
        }
        is_past
    }

    fn say(&mut self, templates: &[&str]) -> String {
        prose::say(&mut self.dice, self.voice, templates)
    }

    fn member(&mut self) -> u32 {
        *self.dice.pick(&self.team)
    }
}

/// A minute of a day, UTC.
fn moment(day: Date, minute: i32) -> Timestamp {
    let days = (day - jiff::civil::date(1970, 1, 1)).get_days();
    Timestamp(i64::from(days) * Timestamp::DAY_MS).plus_ms(i64::from(minute) * 60_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::fmt::Write as _;

    use jiff::civil::date;
    use sha2::{Digest, Sha256};

    const TODAY: Date = date(2026, 11, 22);

    fn digest(seed: u64) -> String {
        let area = Area::invent(seed, TODAY);
        let events = area.staged().flat_map(|pupil| area.history(pupil)).take(5_000);
        let hash =
            events.fold(Sha256::new(), |hash, event| hash.chain_update(format!("{event:?}")));
        hash.finalize().iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").unwrap();
            text
        })
    }

    #[test]
    fn a_seed_tells_the_same_everywhere() {
        let once = digest(7);
        assert_eq!(once, digest(7));
        assert_ne!(once, digest(8));
        // What any machine gives. New words or other odds give another: then write that one here.
        assert_eq!(once, "8aa5316c4b1be5e520981ab254ed33a4bb23ea8e2f2cf998daa06ba3bde5a60d");
    }

    /// Whether `earlier` happened before `later`, where both did.
    fn comes_before(
        events: &[Event],
        earlier: fn(&What) -> bool,
        later: fn(&What) -> bool,
    ) -> bool {
        let first = events.iter().position(|event| later(&event.what));
        first.is_none_or(|first| events[..first].iter().any(|event| earlier(&event.what)))
    }

    #[test]
    fn a_history_runs_from_a_concern_to_the_day_before_today() {
        let area = Area::invent(4, TODAY);
        for pupil in area.staged() {
            let events = area.history(pupil);
            assert!(events.len() > 5 && matches!(events[0].what, What::Concern { .. }));
            assert!(events.is_sorted_by_key(|event| event.at));
            let last = events[events.len() - 1].at;
            assert!(last < moment(TODAY, 0) && events[0].at > moment(date(2024, 11, 1), 0));
            let joined = |what: &What| matches!(what, What::Joined { .. });
            assert!(comes_before(&events, joined, |what| matches!(what, What::Visit(_))));
            assert!(comes_before(&events, joined, |what| matches!(what, What::Stage { .. })));
            let request = |what: &What| matches!(what, What::Request { .. });
            assert!(comes_before(&events, request, |what| matches!(what, What::Decision { .. })));
        }
    }

    #[test]
    fn the_last_stage_is_the_roll_s_and_none_is_left_out() {
        let area = Area::invent(4, TODAY);
        for pupil in area.staged() {
            let stages = area.history(pupil).into_iter().filter_map(|event| match event.what {
                What::Stage { stage, .. } => Some(stage),
                _ => None,
            });
            let expected = 1..=area.pupils[pupil as usize].stage.unwrap();
            assert!(stages.eq(expected), "pupil {pupil}");
        }
    }

    #[test]
    fn rows_count_from_nought_and_move_only_once_they_are_there() {
        let area = Area::invent(4, TODAY);
        for pupil in area.staged() {
            let mut rows = 0;
            for event in area.history(pupil) {
                match event.what {
                    What::PlanRow(row) => {
                        rows += 1;
                        assert!(moment(row.due, 0) > event.at);
                    }
                    What::PlanStatus { row, .. } => assert!(row < rows, "{row} of {rows}"),
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn only_the_cluster_s_people_write_and_only_who_was_seen_was_seen_alone() {
        let area = Area::invent(4, TODAY);
        let (mut visits, mut seen, mut harm) = (0, 0, 0);
        for pupil in area.staged() {
            let cluster = area.schools[area.pupils[pupil as usize].school].cluster;
            for event in area.history(pupil) {
                let author = &area.practitioners[event.author as usize];
                assert!(author.clusters.contains(&cluster));
                match event.what {
                    What::Visit(visit) => {
                        assert!(visit.child_seen || !visit.seen_alone);
                        assert!(moment(visit.planned, 0) < event.at && visit.next > visit.planned);
                        (visits, seen) = (visits + 1, seen + usize::from(visit.child_seen));
                    }
                    What::Concern { harm: true, .. } => harm += 1,
                    _ => {}
                }
            }
        }
        assert!(seen * 100 / visits > 80 && seen < visits && harm > 20, "{visits} {seen} {harm}");
    }

    #[test]
    fn who_is_not_staged_has_no_history() {
        let area = Area::invent(4, TODAY);
        let staged: BTreeSet<u32> = area.staged().collect();
        let other = (0..).find(|pupil| !staged.contains(pupil)).unwrap();
        assert_eq!(area.history(other), []);
        assert_eq!(area.history(u32::MAX), []);
    }
}
