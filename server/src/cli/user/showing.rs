//! How a person shows who they are: passwords, codes, accounts of an outside sign-in.

use serde_json::json;

use super::{find, made_password, read_password};
use crate::app::{AppState, StartError};
use crate::cli::{Failure, act, output};
use crate::config::Config;
use crate::db::{self, Conn};
use crate::service::audit::{Act, Note};
use crate::service::outside::{self, Account};

/// An account to link.
#[derive(clap::Args)]
pub struct LinkArgs {
    /// What they type to sign in.
    #[arg(long)]
    sign_in: String,
    /// The account's name there, as its tokens say it (`sub`): never an address for e-mail, which is
    /// given to the next person.
    #[arg(long)]
    subject: String,
    /// Who vouches for it: the issuer that the server runs with.
    #[arg(long, env = "CASEWEAVE_OIDC_ISSUER")]
    issuer: String,
    /// Their password is good for nothing from now on.
    #[arg(long)]
    only: bool,
}

/// A password made or read, and its hash; the password only if it was made.
pub(super) fn new_password(
    state: &AppState,
    from_stdin: bool,
) -> Result<(Option<String>, String), Failure> {
    let made = if from_stdin { None } else { Some(made_password(state)?) };
    let password = match &made {
        Some(password) => password.clone(),
        None => read_password()?,
    };
    let salt = state.entropy.bytes().map_err(StartError::from)?;
    let hash = state.passwords.hash(&password, &salt).map_err(StartError::from)?;
    Ok((made, hash))
}

pub(super) fn password(
    config: &Config,
    (conn, state): (&mut Conn, &AppState),
    sign_in: &str,
    from_stdin: bool,
) -> Result<(), Failure> {
    let (made, hash) = new_password(state, from_stdin)?;
    let now = state.clock.now();
    act((conn, state), |conn| {
        let user = find(conn, sign_in)?;
        db::users::set_password(conn, &user.id, &hash)?;
        db::page_sessions::end_of_user(conn, &user.id, now)?;
        Ok::<_, Failure>(((), vec![note(conn, Act::Password, &user.id, "set")?]))
    })?;
    let words = made.as_ref().map_or("done".to_owned(), |made| format!("password: {made}"));
    output::answer(config.json, &json!({ "ok": true, "password": made }), &words);
    Ok(())
}

pub(super) fn reset_factor(
    config: &Config,
    (conn, state): (&mut Conn, &AppState),
    sign_in: &str,
) -> Result<(), Failure> {
    let had = act((conn, state), |conn| {
        let user = find(conn, sign_in)?;
        let had = db::second_factors::remove(conn, &user.id)?;
        Ok::<_, Failure>((had, vec![note(conn, Act::SecondFactor, &user.id, "reset")?]))
    })?;
    let words = if had { "done" } else { "there was none" };
    output::answer(config.json, &json!({ "ok": true, "had": had }), words);
    Ok(())
}

pub(super) fn link(
    config: &Config,
    (conn, state): (&mut Conn, &AppState),
    args: LinkArgs,
) -> Result<(), Failure> {
    let LinkArgs { sign_in, subject, issuer, only } = args;
    let account = Account { issuer, subject };
    act((conn, state), |conn| {
        let user = find(conn, &sign_in)?;
        outside::link(conn, state.clock.now(), &user.id, (&account, only))?;
        let what = if only { "linked, without a password" } else { "linked" };
        Ok::<_, Failure>(((), vec![note(conn, Act::LinkAccount, &user.id, what)?]))
    })?;
    output::answer(config.json, &json!({ "ok": true }), "done");
    Ok(())
}

pub(super) fn unlink(
    config: &Config,
    (conn, state): (&mut Conn, &AppState),
    sign_in: &str,
) -> Result<(), Failure> {
    act((conn, state), |conn| {
        let user = find(conn, sign_in)?;
        outside::unlink(conn, state.clock.now(), &user.id)?;
        Ok::<_, Failure>(((), vec![note(conn, Act::LinkAccount, &user.id, "taken away")?]))
    })?;
    output::answer(config.json, &json!({ "ok": true }), "done");
    Ok(())
}

/// A row about a person, in each cluster that they work in.
fn note(
    conn: &mut Conn,
    act: Act,
    user: &sync_core::ids::UserId,
    what: &str,
) -> Result<Note, db::Error> {
    let posts = db::memberships::of_user(conn, user)?;
    let note = Note::of(act).about(*user.as_bytes()).with(what);
    Ok(posts.iter().fold(note, |note, post| note.in_cluster(post.cluster)))
}
