//! Ranks that end together.
//!
//! A rank that fails alone (a file that only it cannot read, a full disk) would leave the others waiting in their next
//! operation for ever. So each operation begins with a round in which every rank says whether it is still there. A rank that
//! has failed, wherever that was, takes part in one such round more, to say so: [`Group::agree`]. The others meet it in the
//! round of whatever operation comes next for them, and end with its message.

use super::Ranks;
use oreo_core::PotentialError;
use std::cell::RefCell;
use std::fmt::Display;
use thiserror::Error;

/// Another rank failed, so this one must end.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("rank {rank}: {message}")]
pub struct Lost {
    /// The first that failed.
    pub rank: usize,
    /// What it said.
    pub message: String,
}

impl From<Lost> for PotentialError {
    fn from(lost: Lost) -> Self {
        Self::Backend {
            potential: format!("rank {}", lost.rank),
            message: lost.message,
        }
    }
}

/// All ranks of a training.
#[derive(Debug)]
pub struct Group<R: ?Sized> {
    /// Set on all ranks in the same round; there is no operation after it
    lost: RefCell<Option<Lost>>,
    ranks: R,
}

impl<R> Group<R> {
    /// Of ranks that have done nothing yet.
    pub fn new(ranks: R) -> Self {
        Self {
            lost: RefCell::new(None),
            ranks,
        }
    }
}

impl<R: Ranks + ?Sized> Group<R> {
    /// Who they are.
    pub fn ranks(&self) -> &R {
        &self.ranks
    }

    /// Whether this one writes and speaks for all.
    pub fn leads(&self) -> bool {
        self.ranks.rank() == 0
    }

    /// Goes on if all ranks can: an own error is announced and comes back, an error of another rank becomes [`Lost`]. Once a
    /// rank is lost, nothing is announced any more and every operation fails.
    ///
    /// # Errors
    /// The own one, or that of the first rank that failed.
    pub fn agree<A, E: Display + From<Lost>>(&self, own: Result<A, E>) -> Result<A, E> {
        let mut lost = self.lost.borrow_mut();
        if lost.is_none() {
            // With its causes, where the error has some.
            let message = own.as_ref().err().map(|error| format!("{error:#}"));
            *lost = self.round(message);
        }
        match &*lost {
            Some(lost) => own.and(Err(lost.clone().into())),
            None => own,
        }
    }

    /// The first rank that failed.
    fn round(&self, message: Option<String>) -> Option<Lost> {
        if self.ranks.count() == 1 {
            return None;
        }
        let failed = self.numbers(f64::from(u8::from(message.is_some())));
        let rank = failed.iter().position(|&failed| failed != 0.0)?;
        let mut messages = self.ranks.gather_texts(&message.unwrap_or_default());
        Some(Lost {
            rank,
            message: messages.swap_remove(rank),
        })
    }

    /// What the first rank wants that wants anything: clocks and signals are not the same on all.
    ///
    /// # Errors
    /// When a rank has failed.
    pub fn first(&self, own: Option<u8>) -> Result<Option<u8>, Lost> {
        self.agree::<_, Lost>(Ok(()))?;
        let wishes = self.numbers(own.map_or(-1.0, f64::from));
        let first = wishes.into_iter().find(|&wish| wish >= 0.0);
        Ok(first.map(|wish| wish as u8))
    }

    /// Makes sure that all ranks begin with the same; `what` is for the message.
    ///
    /// # Errors
    /// On all ranks, with the first that differs from rank 0; when a rank has failed.
    pub fn same(&self, what: &str, own: f64) -> Result<(), Lost> {
        self.agree::<_, Lost>(Ok(()))?;
        let all = self.numbers(own);
        match all.iter().position(|x| x.to_bits() != all[0].to_bits()) {
            None => Ok(()),
            Some(rank) => Err(Lost {
                rank,
                message: format!(
                    "{what} is {:e} and not {:e} as on rank 0; all ranks must read the same files and folder",
                    all[rank], all[0]
                ),
            }),
        }
    }

    fn numbers(&self, own: f64) -> Vec<f64> {
        let count = self.ranks.count();
        let mut all = vec![0.0; count];
        self.ranks.gather_all(&[own], &vec![1; count], &mut all);
        all
    }
}
