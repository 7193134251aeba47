//! What the tests of the packages for apps cannot have from a server of this version: one that says no to
//! everything, and a line that goes dead. Ends when its input does, so that no test leaves one behind.

use std::error::Error;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::SystemTime;

use caseweave::tls;
use caseweave::tls::shown::Shown;
use clap::{Parser, Subcommand};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use sync_core::time::Timestamp;

#[derive(Parser)]
#[command(about = "Stands in for a server that says no, or for a line that goes dead")]
struct Arguments {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The file that the address is written to.
    #[arg(long)]
    address_file: PathBuf,
    #[command(subcommand)]
    part: Part,
}

#[derive(Subcommand)]
enum Part {
    /// A server that says no to everything.
    Refuse {
        /// The folder for its certificate and `ca.pem`, its authority's.
        folder: PathBuf,
        /// The status.
        status: u16,
        /// The word for programs.
        code: String,
    },
    /// A line to a server that takes so many connections and closes all that come after.
    Pass {
        /// The server.
        to: SocketAddr,
        /// How many.
        connections: usize,
    },
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let listener = TcpListener::bind(arguments.listen)?;
    let address = listener.local_addr()?;
    match arguments.part {
        Part::Refuse { folder, status, code } => refuse(listener, &folder, status, &code)?,
        Part::Pass { to, connections } => pass(listener, to, connections),
    }
    // Whole or not there: whoever waits for it reads it at once.
    let fresh = arguments.address_file.with_extension("new");
    fs::write(&fresh, address.to_string())?;
    fs::rename(fresh, arguments.address_file)?;
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}

fn refuse(
    listener: TcpListener,
    folder: &std::path::Path,
    status: u16,
    code: &str,
) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let files = tls::development(folder, Timestamp(now.as_millis() as i64))?;
    let config = Arc::new(tls::server_config(Shown::load(files)?, None, &[])?);
    let said = format!(r#"{{"error":{{"code":"{code}","detail":"No."}}}}"#);
    let answer = format!(
        "HTTP/1.1 {status} No\r\ncontent-type: application/json\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{said}",
        said.len()
    );
    thread::spawn(move || {
        for line in listener.incoming().flatten() {
            let (config, answer) = (Arc::clone(&config), answer.clone());
            // Who hangs up in the middle has had enough.
            thread::spawn(move || say(line, config, &answer).ok());
        }
    });
    Ok(())
}

/// Hears a request to its end and answers it.
fn say(line: TcpStream, config: Arc<ServerConfig>, answer: &str) -> Result<(), Box<dyn Error>> {
    let mut heard = BufReader::new(StreamOwned::new(ServerConnection::new(config)?, line));
    let (mut head, mut length) = (String::new(), 0);
    while heard.read_line(&mut head)? > 2 {
        let field = head.trim().to_ascii_lowercase();
        if let Some(value) = field.strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
        head.clear();
    }
    io::copy(&mut heard.by_ref().take(length), &mut io::sink())?;
    let mut line = heard.into_inner();
    line.write_all(answer.as_bytes())?;
    line.conn.send_close_notify();
    Ok(line.flush()?)
}

fn pass(listener: TcpListener, to: SocketAddr, connections: usize) {
    thread::spawn(move || {
        for (number, phone) in listener.incoming().flatten().enumerate() {
            let Ok(server) = TcpStream::connect(to) else { continue };
            if number < connections {
                both_ways(phone, server).ok();
            }
        }
    });
}

fn both_ways(phone: TcpStream, server: TcpStream) -> io::Result<()> {
    for (mut from, mut to) in [(phone.try_clone()?, server.try_clone()?), (server, phone)] {
        thread::spawn(move || {
            let copied = io::copy(&mut from, &mut to);
            to.shutdown(Shutdown::Write).ok();
            copied.ok()
        });
    }
    Ok(())
}
