//! What a child may need help with, and the words that go with it. Each text is a template
//! ([`crate::demo::prose`]).

use crate::demo::people::Agency;

/// A sort of need with what is seen of it and what is done about it.
#[derive(Debug)]
pub(super) struct Theme {
    /// The concern's indicator.
    pub(super) indicator: &'static str,
    /// The outcome that it touches first (SHANARRI).
    pub(super) element: &'static str,
    /// What somebody saw.
    pub(super) seen: &'static [&'static str],
    /// Needs of a plan's rows.
    pub(super) needs: &'static [&'static str],
    /// What is done, and by which agency.
    pub(super) actions: &'static [(Agency, &'static str)],
    /// What should come of it.
    pub(super) outcomes: &'static [&'static str],
    /// How one will know.
    pub(super) evidence: &'static [&'static str],
    /// The child's own words, in the first person.
    pub(super) words: &'static [&'static str],
}

/// A worry about harm: told apart, for it is acted on at once.
pub(super) const HARM: &[&str] = &[
    "{child} had a bruise on {his} {limb} and would not say how it came about",
    "{child} said that {he} was left alone overnight {when}",
    "{child} flinched when {carer} came near and asked not to be sent home",
    "{child} came in hungry and cold {when} and said that nobody had been at home",
];

pub(super) const THEMES: &[Theme] = &[
    Theme {
        indicator: "attendance",
        element: "achieving",
        seen: &[
            "{child} has come late on most mornings {when} and goes home at lunch time",
            "{child} has missed every {day} {when}; {carer} says that mornings are a struggle",
            "{child} hides in the cloakroom rather than go into class",
        ],
        needs: &[
            "{child} needs to be in school each day and on time",
            "mornings at home need a routine that {carer} can keep up",
        ],
        actions: &[
            (Agency::Education, "soft start in the {room} with a known adult"),
            (Agency::Charity, "morning visits twice a week to settle a routine with {carer}"),
            (Agency::IntegrationTeam, "walk-to-school group from the corner of the street"),
        ],
        outcomes: &["{child} attends nine days in ten", "{child} is in class when the bell goes"],
        evidence: &["register, looked at each week", "{carer}'s own morning chart"],
        words: &[
            "I like it when there is toast in the {room}",
            "I get a sore tummy when the bell rings",
            "Mornings are shouty at our house",
        ],
    },
    Theme {
        indicator: "behaviour",
        element: "responsible",
        seen: &[
            "{child} overturned a table {when} when asked to change places",
            "{child} was in three fights {when} and cannot say what set them off",
            "{child} shouts out, then puts {his} head down on the desk and will not talk",
        ],
        needs: &[
            "{child} needs a way to leave before things boil over",
            "adults need to answer {child} in the same way, whoever is there",
        ],
        actions: &[
            (Agency::Education, "exit card and a quiet place, practised when calm"),
            (Agency::IntegrationTeam, "six sessions on feelings and what comes before them"),
            (Agency::YouthJustice, "boxing club place with the same mentor each week"),
        ],
        outcomes: &["fewer than one incident a week", "{child} uses the exit card by {himself}"],
        evidence: &["incident log by time of day", "class teacher's weekly note"],
        words: &[
            "They only see it when I shout back",
            "The card is good but some teachers do not look at it",
            "I want to be on the football bus again",
        ],
    },
    Theme {
        indicator: "worry and low mood",
        element: "healthy",
        seen: &[
            "{child} has stopped eating with {his} friends and sits by the door",
            "{child} cried twice {when} and said that {he} cannot sleep",
            "{child} asks again and again whether {carer} is all right",
        ],
        needs: &[
            "{child} needs somebody to talk to before a worry gets big",
            "{child} needs sleep, and a plan for the nights",
        ],
        actions: &[
            (Agency::Health, "eight sessions with the mental health worker"),
            (Agency::Education, "check-in at registration and after lunch"),
            (Agency::Charity, "art group on {day} afternoons"),
        ],
        outcomes: &["{child} sleeps through most nights", "{child} names a worry and whom to tell"],
        evidence: &["worry scale, same questions each month", "sleep diary kept with {carer}"],
        words: &[
            "My head is noisy at night",
            "I can tell the nurse things",
            "It helps if nobody asks me in front of the others",
        ],
    },
    Theme {
        indicator: "care at home",
        element: "nurtured",
        seen: &[
            "{child} came without a coat on four cold days {when}",
            "{child} asks for a second lunch and puts fruit in {his} bag for later",
            "{child} wears the same clothes all week and other children have begun to remark on it",
        ],
        needs: &[
            "the family needs money that comes in regularly, and help to ask for it",
            "{child} needs warm clothes and a breakfast",
        ],
        actions: &[
            (Agency::SocialWork, "benefits check and a grant for beds and bedding"),
            (Agency::Education, "breakfast club place and clothes from the school's rail"),
            (Agency::Charity, "cooking together with {carer} once a week"),
        ],
        outcomes: &["{child} comes warm and fed", "{carer} knows which day each payment comes"],
        evidence: &["what school sees each morning", "home visits, announced and not"],
        words: &[
            "I like the breakfast ladies",
            "We had the heating on and it was like holidays",
            "I look after the wee one when it is dark",
        ],
    },
    Theme {
        indicator: "speech and language",
        element: "included",
        seen: &[
            "{child} follows one instruction at a time and copies what others do",
            "{child} is hard to understand outside the family and gives up after a second try",
            "{child} points rather than asks, and others have stopped waiting",
        ],
        needs: &[
            "{child} needs to be understood by adults who do not know {him}",
            "classroom talk needs pictures with it",
        ],
        actions: &[
            (Agency::Health, "block of speech and language therapy, with {carer} in the room"),
            (Agency::Education, "visual timetable and first-then board"),
            (Agency::Education, "small group for listening and turn taking"),
        ],
        outcomes: &["{child} asks for help in words", "{child} follows two steps without a prompt"],
        evidence: &["therapist's measure before and after", "sample of talk, ten minutes a term"],
        words: &[
            "I can say my name now and they know it",
            "Pictures good",
            "I like it when it is only four of us",
        ],
    },
    Theme {
        indicator: "bereavement",
        element: "nurtured",
        seen: &[
            "{child} has been very quiet since the death in the family {when}",
            "{child} drew the same picture of a bed each day and tore it up",
            "{child} got angry when the class made cards for grandparents",
        ],
        needs: &[
            "{child} needs room to talk about the person who died, when {he} chooses",
            "{carer} is grieving too and needs support of {their} own",
        ],
        actions: &[
            (Agency::Charity, "memory box work over ten weeks"),
            (Agency::Education, "a place to go on hard dates; staff told which ones"),
            (Agency::Health, "family appointment with the bereavement nurse"),
        ],
        outcomes: &["{child} can tell a good memory", "{child} stays in class on hard dates"],
        evidence: &["what {child} puts into the box and says of it", "class teacher's note"],
        words: &[
            "I am not sad all the time",
            "People stop talking when I come in",
            "The box has the shell from the beach in it",
        ],
    },
    Theme {
        indicator: "young carer",
        element: "respected",
        seen: &[
            "{child} gets up to help {carer} at night and falls asleep after lunch",
            "{child} keeps {his} phone on in class in case {carer} rings",
            "{child} does the shopping on {day}s and so never comes to the club",
        ],
        needs: &[
            "{child} needs time that is {his} own",
            "{carer} needs help at home that does not come from a child",
        ],
        actions: &[
            (Agency::Charity, "young carers' group and one day out a month"),
            (Agency::SocialWork, "assessment of {carer}'s own need for help at home"),
            (Agency::Education, "phone agreement and later hand-in dates"),
        ],
        outcomes: &["{child} has two free afternoons a week", "nights are covered by an adult"],
        evidence: &["young carer's statement, looked at each term", "{child}'s week as a drawing"],
        words: &[
            "I do not mind helping, I mind being late for it",
            "Nobody asked me before",
            "At group they know what a hoist is",
        ],
    },
    Theme {
        indicator: "housing",
        element: "safe",
        seen: &[
            "the family has moved into one room at a relative's flat {when}",
            "{child} coughs at night; there is damp on the bedroom wall",
            "{carer} has had a letter about rent and is afraid to open the next one",
        ],
        needs: &[
            "the family needs a home that is dry and theirs for longer than a month",
            "{child} needs a place to do homework",
        ],
        actions: &[
            (Agency::Housing, "priority panel with a letter from the school nurse"),
            (Agency::Housing, "damp survey and repair with a date"),
            (Agency::Education, "homework club with a bus home"),
        ],
        outcomes: &["a tenancy in the school's area", "{child} sleeps in a dry room"],
        evidence: &["housing officer's record", "photographs of the wall, month by month"],
        words: &[
            "I want to keep my school",
            "My bed is the couch and the telly is on",
            "The new room smells of paint and I chose the blue",
        ],
    },
];
