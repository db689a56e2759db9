//! The simulator's promises: requests go in, answers come out.

#[cfg(test)]
mod arbitrary;
#[cfg(test)]
mod bench;
#[cfg(test)]
mod capability_pages;
#[cfg(test)]
mod client;
#[cfg(test)]
mod comparison;
#[cfg(test)]
mod control;
#[cfg(test)]
mod create;
#[cfg(test)]
mod dialects;
#[cfg(test)]
mod documents;
#[cfg(test)]
#[cfg(feature = "server")]
mod doors;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod lookup;
#[cfg(test)]
mod oauth_library;
#[cfg(test)]
mod openapi;
#[cfg(test)]
mod order;
#[cfg(test)]
mod pictures;
#[cfg(test)]
mod rate_limit;
#[cfg(test)]
#[cfg(feature = "server")]
mod serve;
#[cfg(test)]
#[cfg(feature = "server")]
mod socket;
#[cfg(test)]
mod subjects;
#[cfg(test)]
mod token;
#[cfg(test)]
mod transcript;
#[cfg(test)]
mod walkthrough;
#[cfg(test)]
mod webhooks;
