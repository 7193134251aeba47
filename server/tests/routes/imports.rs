//! Files of schools' systems: what becomes of each row, and what is known afterwards.

use caseweave::db::imports::{Counts, Import};
use caseweave::db::{self, roll_figures, roll_import, write_tx};
use caseweave::service::accounts::{self, NewCluster};
use caseweave::service::imports::mapping::Mapping;
use caseweave::service::imports::{
    self, Format, ImportError, Job, Kind, Outcome, Said, Told, calendar,
};
use caseweave::service::roll;

use crate::support::{START, TestServer, servers};

/// A file, and how it is taken over.
#[derive(Clone, Copy)]
pub(crate) struct File<'a> {
    pub(crate) cluster: &'a str,
    pub(crate) kind: Kind,
    pub(crate) format: Format,
    pub(crate) mapping: &'a str,
    pub(crate) text: &'a str,
    pub(crate) dry: bool,
    pub(crate) replace: bool,
}

/// What became of it.
pub(crate) struct Taken {
    pub(crate) import: Import,
    pub(crate) said: Vec<Said>,
}

impl<'a> File<'a> {
    const fn of(kind: Kind, text: &'a str) -> Self {
        let (format, cluster) = (Format::Csv, "Preston Lodge");
        Self { cluster, kind, format, mapping: "", text, dry: false, replace: false }
    }

    pub(crate) const fn roll(text: &'a str) -> Self {
        Self::of(Kind::Roll, text)
    }

    pub(crate) const fn attendance(text: &'a str) -> Self {
        Self::of(Kind::Attendance, text)
    }

    const fn exclusions(text: &'a str) -> Self {
        Self::of(Kind::Exclusions, text)
    }

    pub(crate) fn take(self, server: &TestServer) -> Taken {
        self.try_take(server).unwrap()
    }

    fn try_take(self, server: &TestServer) -> Result<Taken, ImportError> {
        let mut conn = server.conn();
        let cluster = db::clusters::by_name(&mut conn, self.cluster)?.unwrap();
        let mapping = Mapping::parse(self.mapping, imports::scheme(&cluster.jurisdiction)).unwrap();
        let job = Job {
            cluster: &cluster,
            kind: self.kind,
            format: self.format,
            mapping: &mapping,
            school: None,
            replace: self.replace,
            dry: self.dry,
            rules: &server.state.rules,
            entropy: &server.state.entropy,
            now: START,
            clock: &server.state.clock,
        };
        let mut import = imports::begin(&mut conn, &job, [9; 32])?;
        let mut said = Vec::new();
        let mut row = |it: &Said| {
            said.push(it.clone());
            Ok(())
        };
        let mut told = Told { row: &mut row, progress: &mut |_, _| {} };
        imports::run(&mut conn, &job, &mut self.text.as_bytes(), (&mut import, &mut told))?;
        Ok(Taken { import, said })
    }
}

impl Taken {
    pub(crate) fn changed(&self) -> i64 {
        self.import.counts.added + self.import.counts.changed
    }

    fn counts(&self) -> [i64; 5] {
        let Counts { added, changed, unchanged, refused, missing } = self.import.counts;
        [added, changed, unchanged, refused, missing]
    }

    fn why(&self, line: u64) -> &str {
        self.said.iter().find(|it| it.line == Some(line)).map_or("nothing", |it| it.why.as_str())
    }
}

const ROLL: &str = "\
UPN,Forename,Surname,DOB,Year,School,Sector
A1,Ailsa,Muir,03/05/2016,P6,Glen Primary,primary
A2,Rory,Muir,03/05/2012,S3,Shore Academy,secondary
A3,\"Seán \"\"Shug\"\"\",O'Neil,2015-02-28,P7,Glen Primary,
";

#[actix_web::test]
async fn a_roll_is_taken_once_and_what_changes_is_changed() {
    for server in servers() {
        let dry = File { dry: true, ..File::roll(ROLL) };
        assert_eq!(dry.take(&server).counts(), [3, 0, 0, 0, 0]);
        assert_eq!(File::roll(ROLL).take(&server).counts(), [3, 0, 0, 0, 0], "nothing was there");
        assert_eq!(File::roll(ROLL).take(&server).counts(), [0, 0, 3, 0, 0]);
        let moved = ROLL.replace("P6,Glen Primary,primary", "P7,Shore Academy,");
        let moved = moved.lines().take(3).collect::<Vec<_>>().join("\n");
        let taken = File::roll(&moved).take(&server);
        assert_eq!(taken.counts(), [0, 1, 1, 0, 0]);
        assert_eq!(taken.why(2), "school, year group");
        // Those of the one school that the file names; A3 is at another.
        let back =
            "UPN,Forename,Surname,DOB,Year,School\nA2,Rory,Muir,03/05/2012,S3,Shore Academy\n";
        let taken = File::roll(back).take(&server);
        assert_eq!(taken.counts(), [0, 0, 1, 0, 1]);
        let missing = taken.said.iter().find(|it| it.outcome == Outcome::Missing).unwrap();
        assert_eq!((missing.what.as_str(), missing.line), ("pupil A1", None));
        let conn = &mut server.conn();
        assert!(roll_import::by_numbers(conn, "SCN", &["A1"]).unwrap().contains_key("A1"));
        let listed = db::imports::list(conn, None, 10).unwrap();
        assert_eq!(listed.len(), 4, "a dry run leaves nothing");
        assert!(listed.iter().all(|it| it.ended_at.is_some() && it.kind == "roll"));
    }
}

#[actix_web::test]
async fn a_bad_row_says_why_and_stops_no_other() {
    for server in servers() {
        let file = "\
UPN,Forename,Surname,DOB,Year,School,Sector,In care
A1,Ailsa,Muir,31/02/2016,P6,Glen Primary,primary,
A2,,Muir,03/05/2012,S3,Shore Academy,secondary,
A3,Rory,Muir,03/05/2012,S3,Nowhere,,
A4,Iain,Muir,03/05/1950,S3,Shore Academy,secondary,
A5,Iain,Muir,03/05/2012,S3,Shore Academy,secondary,maybe
A6,Iain,Muir,03/05/2012,S3,Shore Academy,secondary,yes
A6,Iain,Muir,03/05/2012,S3,Shore Academy,secondary,yes
A 7,Iain,Muir,03/05/2012,S3,Shore Academy,secondary,
A8,Iain,Muir,Ailsa Muir,S3,Shore Academy,secondary,
";
        let taken = File::roll(file).take(&server);
        assert_eq!(taken.counts(), [1, 0, 0, 8, 0]);
        for (line, why) in [
            (2, "the day of birth '31/02/2016' is not a day"),
            (3, "the first name is empty"),
            (4, "the school in this row is not known here"),
            (5, "not that of somebody of school age"),
            (6, "the word for looked after is neither yes nor no"),
            (8, "the same was in line 7 already"),
            (9, "the pupil's number has"),
            (10, "the day of birth in this row is not a day"),
        ] {
            assert!(taken.why(line).contains(why), "{line}: {}", taken.why(line));
            assert!(!taken.why(line).contains("Muir"), "no name is said");
        }
        let wrong = File::roll("UPN,Surname\nA1,Muir\n").try_take(&server).err().unwrap();
        assert!(wrong.to_string().contains("the file has: UPN, Surname"), "{wrong}");
    }
}

const TERMS: &str = "\
[[terms]]
name = \"2025-26 autumn\"
from = \"2025-08-19\"
to = \"2025-12-19\"
[[terms]]
name = \"2025-26 spring\"
from = \"2026-01-06\"
to = \"2026-04-02\"
";

#[actix_web::test]
async fn marks_are_counted_into_terms_each_half_day_once() {
    for server in servers() {
        File::roll(ROLL).take(&server);
        let marks = "\
UPN,Date,Session,Mark
A1,2025-09-01,AM,/
A1,2025-09-01,PM,\\
A1,2025-09-02,AM,O
A1,2025-09-02,PM,#
A1,2026-01-06,AM,/
A1,2025-09-01,AM,/
A1,2025-12-25,AM,/
A1,2025-09-03,AM,?
A1,2025-09-03,noon,/
ZZ,2025-09-03,AM,/
A2,2025-09-03,PM,O
";
        let file = File { mapping: TERMS, ..File::attendance(marks) };
        let taken = file.take(&server);
        assert_eq!(taken.counts(), [3, 0, 0, 5, 0]);
        assert_eq!(taken.why(7), "the half day has a mark already");
        assert!(taken.why(8).contains("in no term"), "{}", taken.why(8));
        assert_eq!(taken.why(9), "the mark '?' is not in the mapping");
        assert!(taken.why(11).contains("import the roll first"));
        assert_eq!(file.take(&server).counts(), [0, 0, 3, 5, 0]);
        let conn = &mut server.conn();
        let pupil = roll_import::by_numbers(conn, "SCN", &["A1"]).unwrap()["A1"].pupil.id;
        let known = roll_import::terms_of(conn, &[pupil]).unwrap();
        let autumn = &known[&(pupil, "2025-08-19".parse().unwrap())];
        assert_eq!((autumn.possible, autumn.attended), (3, 2));

        // A file that was cut short takes nothing away unless it is asked to.
        let short = "UPN,Date,AM,PM\nA1,01/09/2025,/,#\n";
        let file = File { mapping: TERMS, ..File::attendance(short) };
        let taken = file.take(&server);
        assert_eq!(taken.counts(), [0, 0, 0, 1, 0]);
        assert!(taken.why(2).contains("1 half days of the term and 3 are known"));
        assert_eq!(File { replace: true, ..file }.take(&server).counts(), [0, 1, 0, 0, 0]);
        assert!(matches!(File::attendance(short).try_take(&server), Err(ImportError::NoTerms)));
    }
}

#[actix_web::test]
async fn totals_are_compared_with_what_can_be() {
    for server in servers() {
        File::roll(ROLL).take(&server);
        let totals = "\
UPN,Term,Sessions possible,Sessions attended
A1,2025-26 autumn,150,135
A2,2025-26 autumn,150,136
A3,2025-26 autumn,150,151
A3,2025-26 summer,150,150
A3,2025-26 spring,ten,9
";
        let taken = File { mapping: TERMS, ..File::attendance(totals) }.take(&server);
        assert_eq!(taken.counts(), [2, 0, 0, 3, 0]);
        assert_eq!(taken.why(4), "151 half days were attended of 150 possible");
        assert!(taken.why(5).contains("the term has no first day"));
        let conn = &mut server.conn();
        let cluster = db::clusters::by_name(conn, "Preston Lodge").unwrap().unwrap().id;
        let limits = [("2010-09-01".parse().unwrap(), 15.0), ("2015-09-01".parse().unwrap(), 10.0)];
        let figures = roll_figures::attendance(conn, &cluster, &limits).unwrap();
        let of = |n: usize| (figures[n].pupils, figures[n].attended, figures[n].persistent);
        assert_eq!((figures[0].school.as_str(), of(0)), ("Glen Primary", (1, 135, 1)));
        assert_eq!((figures[1].school.as_str(), of(1)), ("Shore Academy", (1, 136, 0)));
    }
}

const CALENDAR: &str = "\
[[calendars]]
code = \"schools\"
name = \"Every school\"
covers_from = \"2025-08-01\"
covers_to = \"2026-07-31\"
holidays = [{ from = \"2025-10-13\", to = \"2025-10-17\", name = \"October\" }]
";

fn england(server: &TestServer) {
    let cluster = NewCluster {
        name: "Wharf",
        jurisdiction: "england",
        authority: Some("An English authority"),
        fresh: ([3; 16], [4; 16]),
    };
    write_tx(&mut server.conn(), |conn| accounts::add_cluster(conn, START, &cluster)).unwrap();
}

#[actix_web::test]
async fn an_excluded_pupil_is_taught_from_a_day_of_the_schools_own_calendar() {
    for server in servers() {
        england(&server);
        let roll = "UPN,Forename,Surname,DOB,Year,School,Sector,In care\n\
                    A1,Ailsa,Muir,03/05/2014,Year 6,Wharf School,primary,no\n\
                    A2,Rory,Muir,03/05/2012,Year 8,Wharf School,primary,yes\n";
        File { cluster: "Wharf", ..File::roll(roll) }.take(&server);
        let conn = &mut server.conn();
        let cluster = db::clusters::by_name(conn, "Wharf").unwrap().unwrap();
        let rules = &server.state.rules;
        let given = write_tx(conn, |conn| calendar::give(conn, rules, (&cluster, CALENDAR), START));
        assert_eq!(given.unwrap().changed, 1);
        let excluded = "UPN,Start date,Days,Reason\n\
                        A1,09/10/2025,6,PP\n\
                        A1,10/11/2025,5,PP\n\
                        A2,06/10/2025,0.5,PP\n\
                        A1,01/12/2025,40,PP\n\
                        A1,01/12/2025,40,PP\n\
                        A1,02/12/2025,0.2,PP\n";
        let mapping = "[causes]\nPP = \"hit a pupil\"";
        let file = File { cluster: "Wharf", mapping, ..File::exclusions(excluded) };
        let taken = file.take(&server);
        assert_eq!(taken.counts(), [4, 0, 0, 2, 0]);
        assert_eq!(taken.why(2), "to be taught from 2025-10-23", "the holiday does not count");
        assert_eq!(taken.why(3), "", "it is over on the fifth day");
        assert_eq!(taken.why(4), "to be taught from 2025-10-06", "looked after: the first day");
        assert!(taken.why(5).contains("more days of the school year than are allowed"));
        assert_eq!(file.take(&server).counts(), [0, 0, 4, 2, 0]);
        let pupil = roll_import::by_numbers(conn, "UPN", &["A1"]).unwrap()["A1"].pupil.id;
        let told = roll::extract(conn, &rules.catalogue, &cluster.id, &pupil).unwrap();
        assert_eq!(told.exclusions[0].education_from, Some("2025-10-23".parse().unwrap()));
        assert_eq!(told.exclusions[0].cause, "hit a pupil");
        let year = ("2025-08-01".parse().unwrap(), "2026-07-31".parse().unwrap());
        let figures = roll_figures::exclusions(conn, &cluster.id, year).unwrap();
        let it = &figures[0];
        assert_eq!((it.exclusions, it.half_days, it.pupils, it.repeated), (4, 103, 2, 1));
        assert_eq!(roll_figures::to_be_taught(conn, &cluster.id, year, 10).unwrap().len(), 3);
    }
}

const TRANSFER: &str = "\
<?xml version=\"1.0\" encoding=\"utf-8\"?>
<CTfile xmlns=\"urn:x\"><Header><DestSchool><LEA>201</LEA></DestSchool>
<SourceSchool><SchoolName>WHARF</SchoolName></SourceSchool></Header><CTFpupilData>
<Pupil><UPN>A1</UPN><Surname>Muir</Surname><Forename>Ailsa</Forename><DOB>2014-05-03</DOB>
<BasicDetails><NCyearActual>6</NCyearActual></BasicDetails>
<Attendance><YearData><Year>2026</Year><SessionsPossible>300</SessionsPossible>
<SessionsAuthorised>10</SessionsAuthorised><SessionsUnauthorised>20</SessionsUnauthorised></YearData>
</Attendance><Exclusions><Exclusion><StartDate>2025-09-08</StartDate><Sessions>4</Sessions>
<Reason>PP</Reason></Exclusion></Exclusions></Pupil>
<Pupil><UPN>A2</UPN><Surname>Kerr</Surname><Forename>Rowan</Forename><DOB>2016-05-33</DOB>
<NCyearActual>R</NCyearActual></Pupil></CTFpupilData></CTfile>
";

#[actix_web::test]
async fn a_transfer_file_holds_all_three() {
    for server in servers() {
        england(&server);
        let mapping = "[schools.WHARF]\nname = \"Wharf School\"\nsector = \"primary\"";
        let format = Format::Ctf;
        let of = |kind| File { cluster: "Wharf", format, mapping, ..File::of(kind, TRANSFER) };
        let taken = of(Kind::Roll).take(&server);
        assert_eq!(taken.counts(), [1, 0, 0, 1, 0]);
        assert_eq!(taken.why(10), "the day of birth '2016-05-33' is not a day");
        assert_eq!(of(Kind::Attendance).take(&server).counts(), [1, 0, 0, 0, 0]);
        assert_eq!(of(Kind::Exclusions).take(&server).counts(), [1, 0, 0, 0, 0]);
        let conn = &mut server.conn();
        let known = roll_import::by_numbers(conn, "UPN", &["A1"]).unwrap();
        let pupil = &known["A1"].pupil;
        assert_eq!(pupil.year_group, "Year 6");
        let told = db::roll::extract(conn, &pupil.id).unwrap();
        assert_eq!((told.school.as_str(), told.terms[0].attended), ("Wharf School", 270));
        assert_eq!(told.terms[0].from, "2025-09-01".parse().unwrap());
        assert_eq!(told.exclusions[0].half_days, 4);
    }
}
