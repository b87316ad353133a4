//! Tests of the pure decision, against a slow oracle that shares no code with it and reads no snapshot.
//!
//! `policy` describes small policies and lowers them; `oracle` decides on the description; the rest compares the two,
//! or holds the decision to what is promised of it. Lowering here stands in for the compiler and is not under test.

#[cfg(test)]
mod allocation;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod entropy;
#[cfg(test)]
mod lowering;
#[cfg(test)]
mod matches;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod places;
#[cfg(test)]
mod play;
#[cfg(test)]
mod policy;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod siphash;
#[cfg(test)]
mod splits;
#[cfg(test)]
mod steps;
#[cfg(test)]
mod windows;
