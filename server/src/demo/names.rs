//! Names of people and places. First names are ordinary; family names, towns and streets are put
//! together from syllables, so that a whole name belongs to nobody.

use crate::demo::Dice;

/// The council area.
pub const AREA: &str = "Lammerhaugh";

/// The clusters' towns.
pub const TOWNS: [&str; 6] =
    ["Aberfinnan", "Dunmarrow", "Kirkhethe", "Saltrigg", "Tyneshaw", "Whitcraigs"];

/// Villages with a primary school.
pub const VILLAGES: [&str; 35] = [
    "Auldbarns",
    "Balgarrow",
    "Birsley Mains",
    "Blackcleugh",
    "Cairnhope",
    "Corrieden",
    "Craigtoun",
    "Dalfenton",
    "Drumhaugh",
    "East Fennick",
    "Elvinside",
    "Fawburn",
    "Garvelaw",
    "Gleghorn",
    "Hathermuir",
    "Heughend",
    "Inverlyne",
    "Kettleburn",
    "Kilmarden",
    "Kinlethe",
    "Langrigg",
    "Luffwick",
    "Meikledean",
    "Myrehaven",
    "Nether Tarrow",
    "Ormsheugh",
    "Pitfarrel",
    "Pressgate",
    "Rowanlea",
    "Seaward",
    "Skellhill",
    "Stentoun",
    "Thorterburn",
    "Upper Tarrow",
    "Yarlside",
];

/// Parts of a county, for an area with more clusters than there are towns.
const PARTS: [&str; 10] =
    ["", "North ", "South ", "East ", "West ", "Over ", "Lower ", "New ", "Old ", "Little "];

/// The most clusters that names are found for.
pub const CLUSTERS_MAX: usize = TOWNS.len() * PARTS.len();

/// A place's name in a part of the county, the first being without one.
pub fn in_part(place: &str, part: usize) -> String {
    format!("{}{place}", PARTS[part % PARTS.len()])
}

const GIRLS: &[&str] = &[
    "Ailsa",
    "Aisha",
    "Amelia",
    "Amy",
    "Anna",
    "Ava",
    "Beth",
    "Catriona",
    "Charlotte",
    "Chloe",
    "Eilidh",
    "Ella",
    "Emily",
    "Erin",
    "Esme",
    "Eva",
    "Fatima",
    "Freya",
    "Grace",
    "Hania",
    "Hannah",
    "Harper",
    "Holly",
    "Iona",
    "Isla",
    "Jessica",
    "Julia",
    "Katie",
    "Kirsty",
    "Layla",
    "Lena",
    "Lily",
    "Lucy",
    "Maisie",
    "Maja",
    "Maya",
    "Mia",
    "Millie",
    "Mirren",
    "Molly",
    "Morven",
    "Niamh",
    "Niyah",
    "Orla",
    "Poppy",
    "Rosie",
    "Ruby",
    "Skye",
    "Sofia",
    "Zara",
    "Zoe",
];

const BOYS: &[&str] = &[
    "Aaron", "Adam", "Aidan", "Alfie", "Ali", "Angus", "Archie", "Arran", "Blair", "Caleb",
    "Callum", "Cameron", "Cole", "Connor", "Cooper", "Daniel", "Dylan", "Ethan", "Euan", "Filip",
    "Finlay", "Fraser", "Gregor", "Hamish", "Hamza", "Harris", "Harry", "Ibrahim", "Innes", "Jack",
    "Jakub", "James", "Jude", "Kai", "Kerr", "Leo", "Lewis", "Liam", "Logan", "Luca", "Mason",
    "Murray", "Nathan", "Noah", "Oliver", "Ollie", "Rory", "Ruaridh", "Ryan", "Struan", "Yusuf",
];

const WOMEN: &[&str] = &[
    "Agnieszka",
    "Alison",
    "Amanda",
    "Angela",
    "Carol",
    "Claire",
    "Donna",
    "Elaine",
    "Fiona",
    "Gillian",
    "Heather",
    "Jacqueline",
    "Jennifer",
    "Joanna",
    "Karen",
    "Laura",
    "Leanne",
    "Lesley",
    "Linda",
    "Lorna",
    "Lynne",
    "Mairi",
    "Michelle",
    "Morag",
    "Nadia",
    "Nicola",
    "Pamela",
    "Rachel",
    "Rukhsana",
    "Samantha",
    "Sharon",
    "Shona",
    "Tracy",
    "Yvonne",
];

const MEN: &[&str] = &[
    "Alan", "Alasdair", "Andrew", "Barry", "Brian", "Colin", "Craig", "David", "Derek", "Donald",
    "Douglas", "Duncan", "Gary", "Gordon", "Graeme", "Iain", "Imran", "Keith", "Kenneth", "Kevin",
    "Malcolm", "Marek", "Martin", "Neil", "Paul", "Ross", "Scott", "Stephen", "Stuart", "Tomasz",
];

const NAME_HEADS: &[&str] = &[
    "Auchen", "Bal", "Brae", "Cairn", "Corr", "Dal", "Drum", "Fen", "Garve", "Gleg", "Hather",
    "Inver", "Kettle", "Kil", "Kin", "Lang", "Lether", "Meikle", "Muir", "Ormis", "Pit", "Skel",
    "Strath", "Thorn", "Tulli", "Whit", "Yarl",
];

const NAME_TAILS: &[&str] = &[
    "barrow", "cleugh", "craig", "darroch", "fenwick", "gask", "haugh", "heugh", "laird", "law",
    "marden", "mont", "rigg", "shaw", "tarrow", "toun", "wick",
];

const STREET_HEADS: &[&str] = &[
    "Abbot's",
    "Barley",
    "Castle",
    "Doocot",
    "Ferry",
    "Harbour",
    "Hawthorn",
    "Hospital",
    "Kirk",
    "Lime Kiln",
    "Links",
    "Mercat",
    "Mill",
    "Orchard",
    "Pantile",
    "Quarry",
    "Rope Walk",
    "Saltpan",
    "School",
    "Smiddy",
    "Station",
    "Viewforth",
];

const STREET_TAILS: &[&str] =
    &["Avenue", "Brae", "Court", "Crescent", "Gardens", "Lane", "Place", "Road", "Street", "Wynd"];

/// A child's first name.
pub fn child(dice: &mut Dice, girl: bool) -> &'static str {
    dice.pick::<&str>(if girl { GIRLS } else { BOYS })
}

/// A grown-up's first name.
pub fn adult(dice: &mut Dice, woman: bool) -> &'static str {
    dice.pick::<&str>(if woman { WOMEN } else { MEN })
}

/// A family name.
pub fn family(dice: &mut Dice) -> String {
    format!("{}{}", dice.pick(NAME_HEADS), dice.pick(NAME_TAILS))
}

/// An address in `town`; without a postcode, for all of those are somebody's.
pub fn address(dice: &mut Dice, town: &str) -> String {
    let number = dice.between(1, 140);
    format!("{number} {} {}, {town}", dice.pick(STREET_HEADS), dice.pick(STREET_TAILS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::Part;
    use std::collections::BTreeSet;

    #[test]
    fn no_list_says_a_name_twice() {
        for list in [GIRLS, BOYS, WOMEN, MEN, NAME_HEADS, NAME_TAILS, &TOWNS, &VILLAGES] {
            assert_eq!(list.iter().collect::<BTreeSet<_>>().len(), list.len(), "{list:?}");
        }
    }

    #[test]
    fn there_are_family_names_enough_for_an_area() {
        let mut dice = Dice::new(1, Part::Roll);
        let names: BTreeSet<String> = (0..5_000).map(|_| family(&mut dice)).collect();
        assert!(names.len() > 400, "{}", names.len());
    }
}
