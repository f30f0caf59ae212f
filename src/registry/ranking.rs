// SPDX-License-Identifier: GPL-2.0

//! The functions of all attachments, sorted by a number.

use crate::{
    algorithm::sort::sort_by_key,
    registry::attachment::Attachment, //
};
use core::cmp::Reverse;
use kernel::prelude::*;

/// Functions, the one with the greatest number first.
pub(crate) struct Ranking(KVVec<Ranked>);

/// Kept small, because sorting moves it often.
struct Ranked {
    attachment: u32,
    function: u32,
    number: u64,
}

impl Ranking {
    /// Ranks the functions of the attachments that `meant` is true of. For each attachment, `numbers`
    /// returns what returns the number of a function by its location, if it has one.
    pub(crate) fn new<'a, N: Fn(usize) -> Option<u64>>(
        attachments: &'a [KBox<Attachment>],
        meant: impl Fn(&Attachment) -> bool,
        numbers: impl Fn(&'a Attachment) -> N,
    ) -> Result<Self> {
        let mut ranking = KVVec::new();
        for (index, attachment) in attachments.iter().enumerate() {
            if !meant(attachment) {
                continue;
            }
            let number = numbers(attachment);
            for (function, location) in attachment.locations().iter().enumerate() {
                if let Some(number) = number(*location) {
                    let ranked = Ranked {
                        attachment: index as u32,
                        function: function as u32,
                        number,
                    };
                    ranking.push(ranked, GFP_KERNEL)?;
                }
            }
        }
        sort_by_key(&mut ranking, |ranked: &Ranked| Reverse(ranked.number));
        Ok(Ranking(ranking))
    }

    /// Returns for each function its attachment, its index there, and its number.
    pub(crate) fn of<'a>(
        &'a self,
        attachments: &'a [KBox<Attachment>],
    ) -> impl Iterator<Item = (&'a Attachment, usize, u64)> {
        self.0.iter().filter_map(|ranked| {
            let attachment: &Attachment = attachments.get(ranked.attachment as usize)?;
            Some((attachment, ranked.function as usize, ranked.number))
        })
    }
}
