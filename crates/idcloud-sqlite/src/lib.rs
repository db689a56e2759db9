#![doc = include_str!("../README.md")]

mod file_identity;
mod open;

mod by_account;
mod failure;
mod listed;
mod log_mark;
mod migrations;
mod reader;
mod sqlite_journal;
mod sqlite_reader;
mod table;
mod writer;

pub use listed::Listed;
pub use sqlite_journal::SqliteJournal;
pub use sqlite_reader::SqliteReader;
