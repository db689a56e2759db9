#![doc = include_str!("../README.md")]

mod failure;
mod migrations;
mod opening;
mod place;
mod reader;
mod sqlite_journal;
mod table;
mod writer;

pub use sqlite_journal::SqliteJournal;
