//! Sentences from templates. A slot in braces is filled with a word about the child (`{child}`,
//! `{he}`, `{carer}`) or with a choice from a word list, which may have slots itself.

use crate::demo::Dice;

/// Whom a text is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Voice<'a> {
    /// The child's first name.
    pub child: &'a str,
    /// Whether the child is a girl.
    pub girl: bool,
    /// What the grown-up at home is: `mother`, `foster carer`.
    pub carer: &'a str,
    /// The child's school.
    pub school: &'a str,
}

impl<'a> Voice<'a> {
    fn word(&self, slot: &str) -> Option<&'a str> {
        let (he, him, his, himself) = if self.girl {
            ("she", "her", "her", "herself")
        } else {
            ("he", "him", "his", "himself")
        };
        Some(match slot {
            "child" => self.child,
            "carer" => self.carer,
            "school" => self.school,
            "he" => he,
            "him" => him,
            "his" => his,
            "himself" => himself,
            "their" => "their",
            _ => return None,
        })
    }
}

/// The word list of a slot; none for a slot that is no list.
fn list(slot: &str) -> Option<&'static [&'static str]> {
    Some(match slot {
        "when" => &["this week", "since the holidays", "over the last fortnight", "since {day}"],
        "day" => &["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"],
        "room" => &["nurture room", "library corner", "support base"],
        "limb" => &["upper arm", "shin", "shoulder", "left wrist"],
        "place" => &["the kitchen", "the front room", "the garden step", "the hall"],
        "mood" => &["cheerful", "quiet", "tired but friendly", "restless", "at ease", "wary"],
        "doing" => &[
            "drawing at the table",
            "building a den out of cushions",
            "feeding the rabbit",
            "watching a film about penguins",
            "making toast",
            "looking for a lost shoe",
        ],
        "helper" => {
            &["the school nurse", "the family worker", "{his} teacher", "the social worker"]
        }
        "amount" => &["a little", "clearly", "more than we had hoped", "not yet"],
        _ => return None,
    })
}

/// Openings of a visit's narrative.
const ARRIVE: &[&str] = &[
    "{carer} opened the door and had been expecting me",
    "nobody answered at first; {carer} came back from the shop after ten minutes",
    "visited as agreed, and {carer} asked me into {place}",
    "called without notice, which {carer} had said would be all right",
];

const SEEN: &[&str] = &[
    "{child} was {doing} and seemed {mood}",
    "{child} was in {place}, {doing}, and {mood} throughout",
    "{child} showed me what {he} had made at school and was {mood}",
];

const NOT_SEEN: &[&str] = &[
    "{child} was at a friend's and was not seen",
    "{child} stayed in {his} room and did not wish to come down",
    "{child} was still at {school} and was not seen today",
];

const ALONE: &[&str] = &[
    "we spoke on our own for a while, with the door open; {he} told me about {day}",
    "{carer} left us in {place}, and {he} was freer in what {he} said",
    "on our own {he} asked what happens next, and I told {him} honestly what I know",
];

const HOME: &[&str] = &[
    "there was food in the house and the rooms were warm",
    "the house was cold, and {carer} said that the meter had run out on {day}",
    "the living room had been tidied, and there were school books on the shelf",
    "there is still no door on {his} room; {carer} has rung about it twice",
    "the dog was shut in the kitchen, as asked",
];

const CARER: &[&str] = &[
    "{carer} feels that things have moved on {amount}",
    "{carer} finds the {day} appointments hard to reach by bus",
    "{carer} was pleased with what {helper} has done and would like it to go on",
    "{carer} disagrees with what was written last time, and I have noted that here",
    "{carer} asked who can see this record, and I showed the list",
];

const NEXT: &[&str] = &[
    "next visit agreed with {carer}",
    "I shall tell {helper} before the next visit",
    "I shall come again and see {child} on {his} own",
];

const NOTES: &[&str] = &[
    "the plan was read through row by row, and {carer} said what has helped",
    "everybody agreed that {helper} should stay the first person to ring",
    "{school} reports that {child} has come on {amount}",
    "{child} stayed for the first half and chose where to sit",
    "there was some disagreement about how often to meet; both views are noted",
];

const DECISIONS: &[&str] = &[
    "go on with the plan as it is",
    "ask for a place in a holiday club",
    "{helper} rings {carer} each {day}",
    "one worker fewer at home; the others share what they see",
    "review the timetable at {school} before the next meeting",
];

const CHANGED: &[&str] = &[
    "the meeting was moved to {day} so that {child} could come",
    "{child} now chooses who sits with {him} in the mornings",
    "the wording of the plan was changed to what {child} calls it",
];

const PARENT: &[&str] = &[
    "I want people to ring me before they come",
    "It is better than it was, and I do not want it to stop yet",
    "Nobody told me what the meeting was for",
    "School has been good to us, the rest I am not sure about",
];

const STRENGTHS: &[&str] = &[
    "{child} has one good friend and speaks of them often",
    "{child} is proud of {his} reading and likes to be asked",
    "{carer} comes to every meeting",
    "{child} knows whom to go to at {school}",
];

const CONCLUSIONS: &[&str] = &[
    "what {school} can do alone is not enough, and the family agrees to more help",
    "need in one or two areas; strengths at home to build on",
    "several needs that touch one another, so one plan and one person to co-ordinate it",
];

const EVENTS: &[(&str, &str)] = &[
    ("moved house", "{child} kept {his} place at {school}"),
    ("birth of a baby in the family", "{child} is proud and gets less sleep"),
    ("{carer} in hospital for a week", "{child} stayed with a relative"),
    ("won a prize at the school show", "{child} speaks of it often"),
    ("change of class teacher", "unsettled for a fortnight"),
];

const TOLD: &[&str] = &[
    "told the head teacher on the same day",
    "rang {carer}, who will come in on {day}",
    "spoke with {child} and said whom I would tell",
];

const SETTLED: &[&str] = &[
    "looked into with {school} and {carer}; no further sign, and {child} knows whom to tell",
    "{carer} accepted help with the evenings, and the plan has a row for it",
    "seen by a doctor on {day}; the account fits, and we shall keep looking",
];

const ASKED: &[&str] = &[
    "please see {child} and advise what would help at {school} and at home",
    "the team has tried what it can and asks for your view and, if you agree, your time",
    "{carer} agrees to this request and would like to be rung first",
];

const RAISED: &[&str] = &[
    "needs more than one agency can give",
    "what was tried {when} has not been enough",
    "agreed at the meeting, {carer} present",
];

/// One of `templates`, filled, as a sentence without its full stop.
pub fn say(dice: &mut Dice, voice: Voice<'_>, templates: &[&str]) -> String {
    let mut text = String::with_capacity(120);
    let template = dice.pick(templates);
    fill(dice, voice, template, &mut text);
    capitalise(&text)
}

/// What a visitor writes: what was seen, heard and agreed.
pub fn narrative(dice: &mut Dice, voice: Voice<'_>, seen: bool, alone: bool) -> String {
    let mut parts = vec![ARRIVE, if seen { SEEN } else { NOT_SEEN }];
    if alone {
        parts.push(ALONE);
    }
    parts.extend([HOME, CARER]);
    if dice.chance(40) {
        parts.push(CARER);
    }
    parts.push(NEXT);
    paragraph(dice, voice, &parts)
}

/// Notes of a meeting.
pub fn meeting_notes(dice: &mut Dice, voice: Voice<'_>) -> String {
    paragraph(dice, voice, &[NOTES, CARER, NOTES])
}

/// What a meeting decided.
pub fn decision(dice: &mut Dice, voice: Voice<'_>) -> String {
    say(dice, voice, DECISIONS)
}

/// What changed because of somebody's views.
pub fn changed(dice: &mut Dice, voice: Voice<'_>) -> String {
    say(dice, voice, CHANGED)
}

/// A parent's own words.
pub fn parent_words(dice: &mut Dice, voice: Voice<'_>) -> String {
    say(dice, voice, PARENT)
}

/// A strength, as an assessment says it.
pub fn strength(dice: &mut Dice, voice: Voice<'_>) -> String {
    say(dice, voice, STRENGTHS)
}

/// What an assessment concludes.
pub fn conclusion(dice: &mut Dice, voice: Voice<'_>) -> String {
    say(dice, voice, CONCLUSIONS)
}

/// A line of the chronology: what happened, and what it meant.
pub fn significant(dice: &mut Dice, voice: Voice<'_>) -> (String, String) {
    let (what, impact) = *dice.pick(EVENTS);
    (say(dice, voice, &[what]), say(dice, voice, &[impact]))
}

/// What was done at once about a concern.
pub fn told(dice: &mut Dice, voice: Voice<'_>) -> String {
    say(dice, voice, TOLD)
}

/// What became of a concern about harm.
pub fn settled(dice: &mut Dice, voice: Voice<'_>) -> String {
    say(dice, voice, SETTLED)
}

/// Why another agency is asked.
pub fn request(dice: &mut Dice, voice: Voice<'_>) -> String {
    say(dice, voice, ASKED)
}

/// Why a stage was set.
pub fn stage_reason(dice: &mut Dice, voice: Voice<'_>) -> String {
    say(dice, voice, RAISED)
}

fn paragraph(dice: &mut Dice, voice: Voice<'_>, parts: &[&[&str]]) -> String {
    let mut sentences: Vec<String> = Vec::with_capacity(parts.len());
    for templates in parts {
        let mut sentence = say(dice, voice, templates);
        // Nobody writes the same sentence twice in a note.
        while sentences.contains(&sentence) {
            sentence = say(dice, voice, templates);
        }
        sentences.push(sentence);
    }
    sentences.join(". ") + "."
}

fn fill(dice: &mut Dice, voice: Voice<'_>, template: &str, text: &mut String) {
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let (slot, after) = after.split_once('}').unwrap_or((after, ""));
        if let Some(word) = voice.word(slot) {
            text.push_str(word);
        } else if let Some(choices) = list(slot) {
            let choice = dice.pick(choices);
            fill(dice, voice, choice, text);
        }
        rest = after;
    }
    text.push_str(rest);
}

fn capitalise(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::Part;
    use crate::demo::themes::{HARM, THEMES};

    const VOICE: Voice<'_> =
        Voice { child: "Iona", girl: true, carer: "mother", school: "Yarlside Primary School" };

    /// Every slot of a template is known, and lists end in words: `depth` bounds what they hold.
    fn check(template: &str, depth: u8) {
        assert!(depth < 4, "{template}: lists that never end");
        assert_eq!(template.matches('{').count(), template.matches('}').count(), "{template}");
        for part in template.split('{').skip(1) {
            let (slot, _) = part.split_once('}').unwrap();
            if VOICE.word(slot).is_none() {
                let choices = list(slot).unwrap_or_else(|| panic!("{slot} in: {template}"));
                choices.iter().for_each(|choice| check(choice, depth + 1));
            }
        }
    }

    #[test]
    fn every_slot_is_filled() {
        let lists = [
            ARRIVE,
            SEEN,
            NOT_SEEN,
            ALONE,
            HOME,
            CARER,
            NEXT,
            NOTES,
            DECISIONS,
            CHANGED,
            PARENT,
            STRENGTHS,
            CONCLUSIONS,
            TOLD,
            SETTLED,
            ASKED,
            RAISED,
            HARM,
        ];
        lists.iter().flat_map(|list| list.iter()).for_each(|template| check(template, 0));
        EVENTS.iter().flat_map(|(what, impact)| [what, impact]).for_each(|line| check(line, 0));
        for theme in THEMES {
            let plain = [theme.seen, theme.needs, theme.outcomes, theme.evidence, theme.words];
            plain.iter().flat_map(|list| list.iter()).for_each(|line| check(line, 0));
            theme.actions.iter().for_each(|(_, action)| check(action, 0));
        }
    }

    #[test]
    fn a_text_names_the_child_as_the_family_would() {
        let mut dice = Dice::new(1, Part::Area);
        let text = say(&mut dice, VOICE, &["{he} keeps {his} bag by {himself} at {school}"]);
        assert_eq!(text, "She keeps her bag by herself at Yarlside Primary School");
    }

    #[test]
    fn narratives_vary_and_say_whether_the_child_was_seen() {
        let mut dice = Dice::new(1, Part::Area);
        let mut texts = std::collections::BTreeSet::new();
        for n in 0..200 {
            let text = narrative(&mut dice, VOICE, n % 4 > 0, n % 2 > 0);
            assert!(text.contains("Iona") && text.ends_with('.') && text.len() > 120, "{text}");
            assert!(!text.contains(['{', '}']) && !text.contains(".."), "{text}");
            texts.insert(text);
        }
        assert!(texts.len() > 190, "{}", texts.len());
    }
}
