//! Two writers on connections of their own to a real PostgreSQL, one of them held between taking its numbers
//! and its commit: whoever reads in between must not get past what is still to come. Planted bugs show that
//! this would be seen.

use std::thread;
use std::time::{Duration, Instant};

use caseweave::db::log::{BatchRow, Entry, Proof};
use caseweave::db::{self, Address, Conn, write_tx};
use caseweave::ingest::commit::commit_group;
use caseweave::ingest::judge::{Verdict, judge};
use caseweave::ingest::{Arrival, Rules};
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer};
use sync_core::ids::RecordId;
use sync_core::protocol::message::{Answer, Outcome};
use sync_core::record::kinds::Contribution as _;
use sync_core::record::kinds::plan::PlanRow;
use system_tests::live::Failed;
use system_tests::sim::dice::Dice;
use system_tests::sim::phone::Phone;
use system_tests::sim::promise::Violation;
use system_tests::sim::server::Server;

use super::database::Database;
use crate::together::{PEOPLE, START, add_row, begin, bring_plan, push, synced};

/// How long a writer may take to come to where it waits or ends.
const PATIENCE: Duration = Duration::from_secs(20);

/// The commit of whoever says so waits for a lock that the test holds, when everything else is done.
const PAUSE: &str = "
    CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF current_setting('caseweave.pauses', true) = 'yes' THEN
            PERFORM pg_catalog.pg_advisory_xact_lock(7777);
        END IF;
        RETURN NULL;
    END
    $$;
    CREATE CONSTRAINT TRIGGER pause AFTER INSERT ON log DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION pause();
    CREATE SCHEMA planted;
    CREATE FUNCTION planted.pg_advisory_xact_lock(bigint) RETURNS void LANGUAGE sql AS '';
";

/// How writers come to their numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Numbers {
    /// As they do.
    UnderTheLock,
    /// As a process with a lock of its own would, which the other does not see.
    WithoutALock,
    /// From a sequence, which moves before anything is committed.
    FromASequence,
}

/// What the reader saw in the end.
#[derive(PartialEq, Eq, Debug)]
enum Seen {
    Everything,
    /// A push was not taken.
    NotTaken,
    /// A change was never sent.
    Skipped,
}

fn conn(url: &str) -> Result<Conn, Violation> {
    Ok(Conn::open(&Address::Postgres(url.to_owned()))?)
}

fn say(conn: &mut Conn, sql: &str) -> Result<(), Violation> {
    match conn {
        Conn::Pg(pg) => Ok(pg.batch_execute(sql)?),
        Conn::Sqlite(_) => Ok(()),
    }
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

fn pid(conn: &mut Conn) -> Result<i32, Violation> {
    let Conn::Pg(pg) = conn else { return Ok(0) };
    let own: Number = diesel::sql_query("SELECT pg_backend_pid()::bigint AS n").get_result(pg)?;
    Ok(own.n as i32)
}

/// How many of these connections wait for a lock.
fn waiting(conn: &mut Conn, pids: &[i32]) -> Result<i64, Violation> {
    let Conn::Pg(pg) = conn else { return Ok(0) };
    let sql = "SELECT count(DISTINCT pid) AS n FROM pg_locks WHERE NOT granted AND pid = ANY($1)";
    let found: Number = diesel::sql_query(sql).bind::<Array<Integer>, _>(pids).get_result(pg)?;
    Ok(found.n)
}

/// A writer that is about to commit what it judged.
struct Writer<'a> {
    conn: Conn,
    /// Of its own, for what a sequence does outside any transaction.
    beside: Conn,
    rules: &'a Rules,
    judged: (Arrival, Verdict),
    numbers: Numbers,
}

impl Writer<'_> {
    /// Whether all was taken.
    fn write(mut self) -> Result<bool, Violation> {
        if self.numbers == Numbers::FromASequence {
            return self.write_by_a_sequence().map(|()| true);
        }
        let (conn, cluster) = (&mut self.conn, self.judged.0.cluster());
        let group = [self.judged];
        let answers = commit_group(conn, self.rules, &cluster, &group)?;
        let taken = |answer: &Answer| answer.outcome == Outcome::Accepted;
        let well = |answers: Vec<Answer>| answers.iter().all(taken);
        Ok(answers.into_iter().all(|answers| answers.is_ok_and(well)))
    }

    fn write_by_a_sequence(&mut self) -> Result<(), Violation> {
        let (arrival, verdict) = &self.judged;
        let cluster = arrival.cluster();
        for taken in &verdict.records {
            for (admitted, salt, salted) in &taken.changes {
                let number = write_tx(&mut self.beside, |conn| {
                    let (number, chain) = db::log::head(conn, &cluster)?;
                    db::log::set_head(conn, &cluster, number + 1, &chain)?;
                    Ok::<_, db::Error>(number)
                })?;
                write_tx(&mut self.conn, |conn| {
                    let batch = BatchRow {
                        id: arrival.id,
                        cluster,
                        device: arrival.device,
                        signature: arrival.batch.signature,
                        signed: verdict.signed.clone(),
                        arrived_at: arrival.at,
                    };
                    db::log::insert_batch(conn, &batch)?;
                    let row = db::records::by_id(conn, &taken.envelope.id())?;
                    let mut row = row.ok_or(db::Error::Missing)?;
                    (row.last_number, row.length) = (number, row.length + 1);
                    db::records::grow(conn, &row)?;
                    let entry = Entry {
                        cluster,
                        number,
                        record: row.id,
                        position: row.length,
                        actor: taken.actor,
                        seq: admitted.seq as i32,
                        deps: admitted.deps.clone(),
                        body: admitted.body.clone(),
                        hash: admitted.hash,
                        user: arrival.user(),
                        device: arrival.device,
                        arrived_at: arrival.at,
                    };
                    let (salt, salted) = (Some(salt.to_vec()), *salted);
                    let proof = Proof { batch: arrival.id, salt, salted, chain: [9; 32] };
                    db::log::insert(conn, &entry, &proof)
                })?;
            }
        }
        Ok(())
    }
}

/// Runs the schedule; what the reader saw.
fn schedule(url: &str, numbers: Numbers) -> Result<Seen, Violation> {
    let mut own = conn(url)?;
    db::migrate::migrate(&mut own)?;
    say(&mut own, PAUSE)?;
    let mut server = Server::on(own, Dice::new(1, 2), &PEOPLE, None, START)?;
    let mut phone = |name| Phone::enrolled(&server.enrol(name, START)?, false);
    let (mut ada, mut bea, mut reader) = (phone("ada")?, phone("bea")?, phone("bea")?);
    let case = begin(&server, &mut ada)?;
    let plans =
        [bring_plan(&mut server, &mut ada, case, 1)?, bring_plan(&mut server, &mut ada, case, 2)?];
    for phone in [&mut bea, &mut reader] {
        synced(&mut server, phone)?;
    }
    let early = judged(&mut server, &mut ada, &plans[0], 3)?;
    let late = judged(&mut server, &mut bea, &plans[1], 4)?;

    let mut hold = conn(url)?;
    say(&mut hold, "SELECT pg_catalog.pg_advisory_lock(7777)")?;
    let rules = server.rules.clone();
    let writer = |judged| -> Result<(Writer<'_>, i32), Violation> {
        let (mut conn, beside) = (conn(url)?, conn(url)?);
        if numbers == Numbers::WithoutALock {
            say(&mut conn, "SET search_path = planted, public, pg_catalog")?;
        }
        let pid = pid(&mut conn)?;
        Ok((Writer { conn, beside, rules: &rules, judged, numbers }, pid))
    };
    let ((mut first, one), (second, other)) = (writer(early)?, writer(late)?);
    say(&mut first.conn, "SET caseweave.pauses = 'yes'")?;
    let taken = thread::scope(|scope| -> Result<bool, Violation> {
        let first = scope.spawn(|| first.write());
        until(|| Ok(waiting(&mut hold, &[one])? == 1))?;
        let second = scope.spawn(|| second.write());
        until(|| Ok(second.is_finished() || waiting(&mut hold, &[one, other])? == 2))?;
        synced(&mut server, &mut reader)?;
        say(&mut hold, "SELECT pg_catalog.pg_advisory_unlock(7777)")?;
        let end = |it: thread::ScopedJoinHandle<'_, Result<bool, Violation>>| {
            it.join().unwrap_or(Ok(false))
        };
        Ok(end(first)? & end(second)?)
    })?;
    synced(&mut server, &mut reader)?;
    if !taken {
        return Ok(Seen::NotTaken);
    }
    for plan in &plans {
        if reader.device.record(plan)?.entries_of(PlanRow::COLLECTION).count() != 2 {
            return Ok(Seen::Skipped);
        }
    }
    Ok(Seen::Everything)
}

fn judged(
    server: &mut Server,
    phone: &mut Phone,
    plan: &RecordId,
    id: u8,
) -> Result<(Arrival, Verdict), Violation> {
    add_row(phone, plan, "read")?;
    let arrival = push(server, phone, id)?;
    let verdict = judge(&mut server.conn, &server.rules, &arrival)?;
    Ok((arrival, verdict))
}

fn until(mut is: impl FnMut() -> Result<bool, Violation>) -> Result<(), Violation> {
    let began = Instant::now();
    while !is()? {
        if began.elapsed() > PATIENCE {
            return Err(db::Error::Busy.into());
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

#[test]
fn whoever_reads_between_a_number_and_its_commit_skips_nothing() -> Result<(), Failed> {
    for (numbers, seen) in [
        (Numbers::UnderTheLock, Seen::Everything),
        (Numbers::WithoutALock, Seen::NotTaken),
        (Numbers::FromASequence, Seen::Skipped),
    ] {
        let Some(database) = Database::make()? else { return Ok(()) };
        let found = schedule(&database.url, numbers).map_err(|it| it.to_string())?;
        assert_eq!(found, seen);
    }
    Ok(())
}
