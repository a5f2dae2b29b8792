/* What does one thread hand to another, to let it join an index? */

/** What `index.attach()` returns: post it to another thread and pass it to `attach` there. What is in it may change. */
export interface AttachTicket {
  readonly kind: "hnsw-workers-ticket";
}
