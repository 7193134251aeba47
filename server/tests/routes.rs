//! The interface, asked in process: against SQLite, or against PostgreSQL when
//! `CASEWEAVE_TEST_POSTGRES` names a server on which databases can be made.

#[cfg(test)]
#[path = "routes/alarms.rs"]
mod alarms;
#[cfg(test)]
#[path = "routes/area.rs"]
mod area;
#[cfg(test)]
#[path = "routes/attachments.rs"]
mod attachments;
#[cfg(test)]
#[path = "routes/audit.rs"]
mod audit;
#[cfg(test)]
#[path = "routes/cases.rs"]
mod cases;
#[cfg(test)]
#[path = "routes/collecting.rs"]
mod collecting;
#[cfg(test)]
#[path = "routes/commands.rs"]
mod commands;
#[cfg(test)]
#[path = "routes/contributions.rs"]
mod contributions;
#[cfg(test)]
#[path = "routes/cursors.rs"]
mod cursors;
#[cfg(test)]
#[path = "routes/database.rs"]
mod database;
#[cfg(test)]
#[path = "routes/enrol.rs"]
mod enrol;
#[cfg(test)]
#[path = "routes/figures.rs"]
mod figures;
#[cfg(test)]
#[path = "routes/guesses.rs"]
mod guesses;
#[cfg(test)]
#[path = "routes/health.rs"]
mod health;
#[cfg(test)]
#[path = "routes/imports.rs"]
mod imports;
#[cfg(test)]
#[path = "routes/knocking.rs"]
mod knocking;
#[cfg(test)]
#[path = "routes/leaving.rs"]
mod leaving;
#[cfg(test)]
#[path = "routes/limits.rs"]
mod limits;
#[cfg(test)]
#[path = "routes/matrix.rs"]
mod matrix;
#[cfg(test)]
#[path = "routes/moved.rs"]
mod moved;
#[cfg(test)]
#[path = "routes/openapi.rs"]
mod openapi;
#[cfg(test)]
#[path = "routes/pages.rs"]
mod pages;
#[cfg(test)]
#[path = "routes/people.rs"]
mod people;
#[cfg(test)]
#[path = "routes/posts.rs"]
mod posts;
#[cfg(test)]
#[path = "routes/quarantine.rs"]
mod quarantine;
#[cfg(test)]
#[path = "routes/recovery.rs"]
mod recovery;
#[cfg(test)]
#[path = "routes/restored.rs"]
mod restored;
#[cfg(test)]
#[path = "routes/roll.rs"]
mod roll;
#[cfg(test)]
#[path = "routes/sessions.rs"]
mod sessions;
#[cfg(test)]
#[path = "routes/support.rs"]
mod support;
#[cfg(test)]
#[path = "routes/taken_off.rs"]
mod taken_off;
#[cfg(test)]
#[path = "routes/token.rs"]
mod token;
#[cfg(test)]
#[path = "routes/twice.rs"]
mod twice;
#[cfg(test)]
#[path = "routes/wait.rs"]
mod wait;
#[cfg(test)]
#[path = "routes/warnings.rs"]
mod warnings;

#[cfg(test)]
#[path = "routes/worker.rs"]
mod worker;
#[cfg(test)]
#[path = "routes/worlds.rs"]
mod worlds;
