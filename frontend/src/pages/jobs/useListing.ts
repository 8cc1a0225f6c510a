import { useEffect, useState, useSyncExternalStore } from 'react'
import { Listing, type Sort } from './listing'

const KEPT_MS = 600_000

/** The list that was shown last, for who comes back to it. */
let kept: { listing: Listing; at: number } | undefined

function listingOf(text: string, sort: Sort): Listing {
  const { listing, at } = kept ?? {}
  if (listing?.text === text && listing.sort === sort && Date.now() - (at ?? 0) < KEPT_MS) return listing
  return keep(new Listing(text, sort, listing?.get().rows ?? []))
}

function keep(listing: Listing): Listing {
  kept = { listing, at: Date.now() }
  return listing
}

/** The list for a search; the rows of the one before are shown until there is an answer. */
export function useListing(text: string, sort: Sort) {
  const [listing, setListing] = useState(() => listingOf(text, sort))
  if (listing.text !== text || listing.sort !== sort) setListing(listingOf(text, sort))
  const shown = useSyncExternalStore(listing.subscribe, listing.get)
  useEffect(() => listing.follow(), [listing])
  return { listing, shown, goBelow: () => setListing(keep(listing.below())) }
}
