//! `caseweave user`

mod showing;

use std::io::Read;

use serde_json::{Value, json};

use super::{Failure, act, act_on_taken_off, open, output};
use crate::app::{AppState, StartError};
use crate::config::Config;
use crate::db::memberships::Membership;
use crate::db::users::User;
use crate::db::{self, Conn};
use crate::passwords::{MAX_BYTES, is_acceptable};
use crate::role::Role;
use crate::service::accounts::{self, AccountError, NewUser, Post};
use crate::service::audit::{Act, Note};
use crate::service::outside::NO_PASSWORD;
use crate::service::posts::{self, Ending, Given};
use crate::service::sessions::normalise;

/// People.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Add a person in their first post.
    Add(AddArgs),
    /// Give a person one more post.
    Post {
        /// What they type to sign in.
        #[arg(long)]
        sign_in: String,
        /// The post.
        #[command(flatten)]
        post: PostArgs,
    },
    /// End one post of a person's at once; their others stand.
    EndPost {
        /// What they type to sign in.
        #[arg(long)]
        sign_in: String,
        /// The cluster's name.
        #[arg(long)]
        cluster: String,
        /// What they did there.
        #[arg(long)]
        role: Role,
    },
    /// Mark that a person left: nothing of theirs is deleted.
    Leave {
        /// What they type to sign in.
        #[arg(long)]
        sign_in: String,
    },
    /// Give a person a new password, and end what they are signed in to with a browser.
    Password {
        /// What they type to sign in.
        #[arg(long)]
        sign_in: String,
        /// Read it from standard input; without it one is made and printed, once.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Take away the app that makes a person's codes: they lost it.
    SecondFactor {
        /// What they type to sign in.
        #[arg(long)]
        sign_in: String,
        /// Take it away.
        #[arg(long, required = true)]
        reset: bool,
    },
    /// Let a person sign in with an account of the outside sign-in.
    Link(showing::LinkArgs),
    /// Take a person's accounts of the outside sign-in away.
    Unlink {
        /// What they type to sign in.
        #[arg(long)]
        sign_in: String,
    },
    /// List posts that wait for an administrator to confirm them. Once a cluster has two
    /// administrators, every post but a practitioner's takes two people.
    Proposals,
    /// List the people.
    List,
}

/// A person to add.
#[derive(clap::Args)]
pub struct AddArgs {
    /// What others see.
    #[arg(long)]
    name: String,
    /// What they type to sign in.
    #[arg(long)]
    sign_in: String,
    /// Whom to ring about a child.
    #[arg(long)]
    phone: Option<String>,
    /// Read the first password from standard input; without it one is made and printed, once.
    #[arg(long)]
    password_stdin: bool,
    /// They have no password: they sign in with an account that `user link` gives them.
    #[arg(long, conflicts_with = "password_stdin")]
    no_password: bool,
    #[command(flatten)]
    post: PostArgs,
}

/// Where a person works and as what.
#[derive(clap::Args)]
pub struct PostArgs {
    /// The cluster's name.
    #[arg(long)]
    cluster: String,
    /// The agency's slug.
    #[arg(long)]
    agency: String,
    /// What they do there.
    #[arg(long, default_value = "practitioner")]
    role: Role,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] in an operator's words.
pub fn run(config: &Config, command: Command) -> Result<(), Failure> {
    let (mut conn, state) = open(config)?;
    match command {
        Command::Add(args) => add(config, &mut conn, &state, &args),
        Command::Post { sign_in, post } => {
            let (now, fresh) = (state.clock.now(), fresh(&state)?);
            let given = act((&mut conn, &state), |conn| {
                let user = find(conn, &sign_in)?;
                let given = posts::give_by_command(conn, now, &user.id, post.view(), fresh)?;
                Ok::<_, Failure>((given, vec![note(conn, &user, &post, given)?]))
            })?;
            let value = json!({ "ok": true, "proposal": proposal(given) });
            output::answer(config.json, &value, words(given));
            Ok(())
        }
        Command::Password { sign_in, password_stdin } => {
            showing::password(config, (&mut conn, &state), &sign_in, password_stdin)
        }
        Command::SecondFactor { sign_in, reset: _ } => {
            showing::reset_factor(config, (&mut conn, &state), &sign_in)
        }
        Command::Link(args) => showing::link(config, (&mut conn, &state), args),
        Command::Unlink { sign_in } => showing::unlink(config, (&mut conn, &state), &sign_in),
        Command::Proposals => list_proposals(config, &mut conn),
        Command::EndPost { sign_in, cluster, role } => {
            let (sign_in, cluster) = (sign_in.as_str(), cluster.as_str());
            end_post(config, (&mut conn, &state), Ending { sign_in, cluster, role })
        }
        Command::Leave { sign_in } => {
            act_on_taken_off(config, (&mut conn, &state), |conn| {
                let user = find(conn, &sign_in)?;
                let posts = db::memberships::of_user(conn, &user.id)?;
                accounts::leave(conn, state.clock.now(), &user.id)?;
                let note = Note::of(Act::ChangeRole).about(*user.id.as_bytes()).with("left");
                let note = posts.iter().fold(note, |note, post| note.in_cluster(post.cluster));
                Ok::<_, Failure>(((), vec![note]))
            })?;
            output::answer(config.json, &json!({ "ok": true }), "done");
            Ok(())
        }
        Command::List => list(config, &mut conn),
    }
}

fn end_post(
    config: &Config,
    (conn, state): (&mut Conn, &AppState),
    ending: Ending<'_>,
) -> Result<(), Failure> {
    act((conn, state), |conn| {
        let (user, cluster) = posts::end(conn, state.clock.now(), None, ending)?;
        let note = Note::of(Act::ChangeRole).about(*user.as_bytes()).in_cluster(cluster);
        Ok::<_, Failure>(((), vec![note.with(format!("end {}", ending.role))]))
    })?;
    output::answer(config.json, &json!({ "ok": true }), "done");
    Ok(())
}

/// The person who signs in with this name.
pub(super) fn find(conn: &mut Conn, sign_in: &str) -> Result<User, Failure> {
    let user = db::users::by_sign_in(conn, &normalise(sign_in))?;
    user.ok_or(Failure::Account(AccountError::Unknown("person")))
}

fn add(config: &Config, conn: &mut Conn, state: &AppState, args: &AddArgs) -> Result<(), Failure> {
    let (made, password_hash) = match args.no_password {
        true => (None, NO_PASSWORD.to_owned()),
        false => showing::new_password(state, args.password_stdin)?,
    };
    let input = NewUser {
        name: &args.name,
        sign_in: &args.sign_in,
        password_hash,
        phone: args.phone.as_deref(),
        fresh: state.entropy.bytes().map_err(StartError::from)?,
    };
    let (now, fresh) = (state.clock.now(), fresh(state)?);
    let (user, given) = act((conn, state), |conn| {
        let user = accounts::add_person(conn, now, &input)?;
        let given = posts::give_by_command(conn, now, &user.id, args.post.view(), fresh)?;
        let note = note(conn, &user, &args.post, given)?;
        Ok::<_, Failure>(((user, given), vec![note]))
    })?;
    let value = json!({
        "id": user.id, "sign_in": user.sign_in, "password": made, "proposal": proposal(given),
    });
    let mut text = user.id.to_string();
    if let Some(password) = made {
        text.push_str(&format!("\npassword: {password}"));
    }
    if given != Given::Held {
        text.push_str(&format!("\n{}", words(given)));
    }
    output::answer(config.json, &value, &text);
    Ok(())
}

/// What is written down of a post that somebody was given, or that was proposed for them.
fn note(conn: &mut Conn, user: &User, post: &PostArgs, given: Given) -> Result<Note, Failure> {
    let detail = match proposal(given) {
        None => format!("given {}", post.role),
        // Whoever decides about it is written down with its name.
        Some(id) => format!("proposed {} {id}", post.role),
    };
    let note = Note::of(Act::ChangeRole).about(*user.id.as_bytes()).with(detail);
    let cluster = db::clusters::by_name(conn, &post.cluster)?;
    Ok(cluster.iter().fold(note, |note, cluster| note.in_cluster(cluster.id)))
}

fn fresh(state: &AppState) -> Result<[u8; 16], Failure> {
    Ok(state.entropy.bytes().map_err(StartError::from)?)
}

fn proposal(given: Given) -> Option<String> {
    match given {
        Given::Held => None,
        Given::Proposed(id) => Some(crate::hex::encode(&id)),
    }
}

const fn words(given: Given) -> &'static str {
    match given {
        Given::Held => "done",
        Given::Proposed(_) => "proposed: an administrator of the cluster must confirm it",
    }
}

fn list_proposals(config: &Config, conn: &mut Conn) -> Result<(), Failure> {
    let rows = posts::waiting(conn, None)?.into_iter().map(|it| {
        json!({
            "id": crate::hex::encode(&it.proposal.id),
            "person": it.person,
            "cluster": it.cluster,
            "role": it.proposal.role,
            "proposed_by": it.proposer.unwrap_or_else(|| "a command on the server".to_owned()),
            "proposed_at": it.proposal.at,
        })
    });
    let rows: Vec<Value> = rows.collect();
    output::list(config.json, &rows, &["id", "person", "cluster", "role", "proposed_by"]);
    Ok(())
}

pub(super) fn made_password(state: &AppState) -> Result<String, Failure> {
    let bytes: [u8; 10] = state.entropy.bytes().map_err(StartError::from)?;
    Ok(crate::hex::encode(&bytes))
}

pub(super) fn read_password() -> Result<String, Failure> {
    let mut text = String::new();
    let limit = u64::try_from(MAX_BYTES + 2).unwrap_or(u64::MAX);
    std::io::stdin().take(limit).read_to_string(&mut text).map_err(|_| Failure::Password)?;
    let password = text.trim_end_matches(['\r', '\n']);
    if is_acceptable(password) { Ok(password.to_owned()) } else { Err(Failure::Password) }
}

fn list(config: &Config, conn: &mut Conn) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for user in db::users::list(conn)? {
        let posts = db::memberships::of_user(conn, &user.id)?;
        rows.push(json!({
            "id": user.id,
            "sign_in": user.sign_in,
            "name": user.display_name,
            "state": if user.active { "active" } else { "left" },
            "posts": posts.iter().map(post_view).collect::<Vec<Value>>(),
        }));
    }
    output::list(config.json, &rows, &["id", "sign_in", "name", "state"]);
    Ok(())
}

fn post_view(post: &Membership) -> Value {
    json!({ "cluster": post.cluster_name, "agency": post.agency_slug, "role": post.role })
}

impl PostArgs {
    fn view(&self) -> Post<'_> {
        Post { cluster: &self.cluster, agency: &self.agency, role: self.role }
    }
}
