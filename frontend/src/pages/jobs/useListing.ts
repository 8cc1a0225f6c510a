import { useEffect, useState, useSyncExternalStore } from 'react'
import { Listing, type Sort } from './listing'

const MAX_AGE_MS = 600_000

/** The last list, for going back to it. */
let cached: { listing: Listing; at: number } | undefined

function cachedOrNew(text: string, sort: Sort): Listing {
  const { listing, at } = cached ?? {}
  if (listing?.text === text && listing.sort === sort && Date.now() - (at ?? 0) < MAX_AGE_MS) return listing
  return cache(new Listing(text, sort, listing?.get().rows ?? []))
}

function cache(listing: Listing): Listing {
  cached = { listing, at: Date.now() }
  return listing
}

/** The list for a search; the previous rows are shown until the first response. */
export function useListing(text: string, sort: Sort) {
  const [listing, setListing] = useState(() => cachedOrNew(text, sort))
  if (listing.text !== text || listing.sort !== sort) setListing(cachedOrNew(text, sort))
  const shown = useSyncExternalStore(listing.subscribe, listing.get)
  useEffect(() => listing.follow(), [listing])
  return { listing, shown, startBelow: () => setListing(cache(listing.below())) }
}
