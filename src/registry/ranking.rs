// SPDX-License-Identifier: GPL-2.0

//! The functions of all attachments in order of a number.

use crate::{
    algorithm::sort::sort_by_key,
    registry::attachment::Attachment, //
};
use core::cmp::Reverse;
use kernel::prelude::*;

/// Functions, those with the greatest number first.
pub(crate) struct Ranking(KVVec<Ranked>);

struct Ranked {
    attachment: usize,
    location: usize,
    number: u64,
}

impl Ranking {
    /// Ranks those functions that have a number.
    pub(crate) fn new(
        attachments: &[Attachment],
        number: impl Fn(&Attachment, usize) -> Option<u64>,
    ) -> Result<Self> {
        let mut ranking = KVVec::new();
        for (index, attachment) in attachments.iter().enumerate() {
            for &location in attachment.locations() {
                if let Some(number) = number(attachment, location) {
                    let ranked = Ranked {
                        attachment: index,
                        location,
                        number,
                    };
                    ranking.push(ranked, GFP_KERNEL)?;
                }
            }
        }
        sort_by_key(&mut ranking, |ranked: &Ranked| Reverse(ranked.number));
        Ok(Ranking(ranking))
    }

    /// Each of them: of which attachment it is, where, and its number.
    pub(crate) fn of<'a>(
        &'a self,
        attachments: &'a [Attachment],
    ) -> impl Iterator<Item = (&'a Attachment, usize, u64)> {
        self.0.iter().filter_map(|ranked| {
            let attachment = attachments.get(ranked.attachment)?;
            Some((attachment, ranked.location, ranked.number))
        })
    }
}
