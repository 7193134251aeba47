//! The measures, each with its definition as people read it beside the figure.

use super::bands::BANDS;

/// How a measure's dated sums are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sort {
    /// How many there are on a day: the sum until then.
    Stock,
    /// How many there were in a period: the sum over its days.
    Flow,
    /// What is due, by its day: how much of it is overdue.
    Due,
    /// What waits, by the day since when: for how long.
    Waiting,
    /// How things stand; days mean nothing.
    Now,
}

/// One measure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Measure {
    /// Its code in tables, for ever.
    pub code: i16,
    /// Its name in addresses and files.
    pub id: &'static str,
    /// Its heading.
    pub name: &'static str,
    /// How it is read.
    pub sort: Sort,
    /// What is counted.
    pub counts: &'static str,
    /// Of which it is a share; none where it is a number.
    pub of: Option<&'static str>,
    /// Which day each is counted on.
    pub day: &'static str,
    /// From which records it comes.
    pub sources: &'static str,
    /// What its rows are.
    pub by: &'static str,
    /// Who answers for the definition.
    pub owner: &'static str,
}

/// Who answers for definitions until an authority names somebody.
const OWNER: &str = "Children's services planning, of the authority";

/// Day of what never falls due.
pub const NO_DAY: i32 = i32::MAX;

macro_rules! measures {
    ($($(#[$doc:meta])* $code:literal $name:ident $id:literal $sort:ident $heading:literal
        counts $counts:literal of $of:expr, day $day:literal
        from $sources:literal by $by:literal;)*) => {
        $($(#[$doc])* pub const $name: i16 = $code;)*

        /// Every measure, in the order of a report.
        pub const MEASURES: &[Measure] = &[$(Measure {
            code: $code, id: $id, name: $heading, sort: Sort::$sort, counts: $counts, of: $of,
            day: $day, sources: $sources, by: $by, owner: OWNER,
        },)*];
    };
}

measures! {
    /// Children at each stage.
    1 AT_STAGE "children-at-stage" Stock "Children at each stage"
        counts "Children with an open case, at the stage in force. Where people disagree, the higher stage is in force." of None,
        day "The day on which the stage came into force"
        from "The case's record for the team: stage, open or closed" by "Stage";
    /// Steps between stages.
    2 STEPS "stage-steps" Flow "Steps up and down"
        counts "Changes of the stage in force, within one framework." of None,
        day "The day on which the new stage came into force"
        from "The case's record for the team: stage" by "Direction";
    /// Cases that somebody co-ordinates.
    3 LEAD_NAMED "lead-named" Stock "Lead professional named"
        counts "Children with an open case and a lead professional in force." of Some("children with an open case"),
        day "The day on which the lead professional came into force"
        from "The case's record for the team: lead professional" by "";
    /// Cases that nobody co-ordinates, by how long.
    4 WAITING "waiting-for-lead" Waiting "Waiting for a lead professional"
        counts "Children with an open case and no lead professional in force." of None,
        day "Since when there is none"
        from "The case's record for the team: lead professional" by "How long";
    /// How long cases waited.
    5 WAITED "waited-for-lead" Flow "Waited for a lead professional"
        counts "Times that a lead professional came into force in a case that had none." of None,
        day "The day on which the lead professional came into force"
        from "The case's record for the team: lead professional" by "How long it took";
    /// From concern to assessment.
    6 TO_ASSESSMENT "concern-to-assessment" Flow "From concern to assessment"
        counts "Cases whose first assessment followed a concern." of None,
        day "The day on which the assessment was begun"
        from "Concerns, assessments" by "How long it took";
    /// From assessment to intervention.
    7 TO_INTERVENTION "assessment-to-intervention" Flow "From assessment to first intervention"
        counts "Cases whose first intervention followed an assessment." of None,
        day "The first day of the intervention"
        from "Assessments, interventions" by "How long it took";
    /// Reviews.
    8 REVIEWS "reviews" Due "Assessments past their review point"
        counts "Assessments whose review point has passed with no newer assessment." of Some("newest assessments with a review point"),
        day "The review point"
        from "Assessments" by "";
    /// Plan actions that are open.
    9 ACTIONS_OPEN "actions-open" Due "Actions overdue"
        counts "Actions of the newest plan that are not done and were due." of Some("actions not done"),
        day "The day by which it is to be done"
        from "Plans" by "";
    /// Plan actions that were done.
    10 ACTIONS_DONE "actions-done" Flow "Actions done"
        counts "Actions of plans marked as done." of None,
        day "The day on which it was marked"
        from "Plans" by "In time or late";
    /// How actions go.
    11 ACTIONS_RATED "actions-rated" Now "How actions go"
        counts "Actions of the newest plan with a rating in force." of None,
        day "As things stand"
        from "Plans" by "Rating";
    /// Commitments of agencies.
    12 COMMITMENTS "commitments" Now "What agencies committed to"
        counts "Actions that are done." of Some("actions of the newest plan that an agency committed to"),
        day "As things stand"
        from "Plans" by "Agency";
    /// Visits.
    13 VISITS "visits" Flow "Visits made"
        counts "Visits." of None,
        day "The day of the visit"
        from "Visits" by "In time or late";
    /// The child was seen.
    14 SEEN "child-seen" Flow "Child seen"
        counts "Visits at which the child was seen." of Some("visits that say whether"),
        day "The day of the visit"
        from "Visits" by "";
    /// The child was seen alone.
    15 ALONE "seen-alone" Flow "Child seen alone"
        counts "Visits at which the child was seen alone." of Some("visits that say whether"),
        day "The day of the visit"
        from "Visits" by "";
    /// Views that changed something.
    16 VIEWS "views" Flow "Children's views that changed something"
        counts "Records of a child's views that say what changed because of them." of Some("records of a child's views"),
        day "The day on which the views were recorded"
        from "Views" by "";
    /// Requests.
    17 ANSWERED "requests-answered" Flow "Requests answered in time"
        counts "Requests answered by the day that was agreed." of Some("requests whose day has come"),
        day "The day by which an answer was due"
        from "Requests for assistance" by "";
    /// Feedback.
    18 FED_BACK "requests-fed-back" Flow "Requests fed back"
        counts "Answered requests of which whoever asked was told what came of them." of Some("answered requests"),
        day "The day of the answer"
        from "Requests for assistance" by "";
    /// Interventions.
    19 INTERVENTIONS "interventions" Flow "Interventions by effect and cost"
        counts "Interventions begun." of None,
        day "The first day of the intervention"
        from "Interventions" by "Effect and cost band";
    /// Looked-after children.
    20 LOOKED_AFTER "looked-after" Stock "Looked-after children"
        counts "Children with an open case, by looked-after status in force." of None,
        day "The day on which the status came into force"
        from "The case's record for the team: looked-after status" by "Status";
    /// Concerns.
    21 CONCERNS "concerns" Flow "Concerns raised"
        counts "Concerns, but for those in protection." of None,
        day "The day on which it was seen"
        from "Concerns" by "Whether harm is suspected";
    /// Early warnings.
    22 WARNINGS "warnings" Stock "Early warnings"
        counts "Early warnings that hold." of None,
        day "From when it holds"
        from "All records for the team and the pupil roll" by "Warning";
    /// Cases opened.
    23 OPENED "cases-opened" Flow "Cases opened"
        counts "Cases begun, and cases opened again." of None,
        day "The day on which it was begun or opened again"
        from "The case's record for the team: open or closed" by "";
    /// Cases closed.
    24 CLOSED "cases-closed" Flow "Cases closed"
        counts "Cases closed." of None,
        day "The day on which it was closed"
        from "The case's record for the team: open or closed" by "";
}

/// The measure of this name.
#[must_use]
pub fn measure(id: &str) -> Option<&'static Measure> {
    MEASURES.iter().find(|measure| measure.id == id)
}

/// The measure of this code.
#[must_use]
pub fn measure_of(code: i16) -> Option<&'static Measure> {
    MEASURES.iter().find(|measure| measure.code == code)
}

/// What a screen calls a cell whose word is this program's own; none for a framework's or a name.
#[must_use]
pub fn word(cell: &str) -> Option<&'static str> {
    if let Some(band) = BANDS.iter().find(|band| band.code == cell) {
        return Some(band.words);
    }
    Some(match cell {
        "" => "All",
        "none" => "Not recorded",
        "several" => "Several at once",
        "up" => "Up",
        "down" => "Down",
        "in-time" => "In time",
        "late" => "Late",
        "no-day" => "No day agreed",
        "red" => "Red",
        "amber" => "Amber",
        "green" => "Green",
        "harm" => "Harm suspected",
        "no-harm" => "No harm suspected",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_measure_has_a_code_and_a_name_of_its_own_and_a_whole_definition() {
        let codes: BTreeSet<_> = MEASURES.iter().map(|it| it.code).collect();
        let names: BTreeSet<_> = MEASURES.iter().map(|it| it.id).collect();
        assert_eq!((codes.len(), names.len()), (MEASURES.len(), MEASURES.len()));
        for it in MEASURES {
            assert!(it.counts.ends_with('.') && !it.day.is_empty() && !it.sources.is_empty());
        }
    }
}
