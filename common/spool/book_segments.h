/*
 * book_segments - segments of the book, and who is in them
 *
 * Included by book_private.h alone.
 */
#ifndef SPOOL_BOOK_SEGMENTS_H
#define SPOOL_BOOK_SEGMENTS_H

struct book_segment {
	uint64_t	id;
	uint64_t	end;		/* 0: not known, it is written to */
	uint64_t	read;		/* met so far */
	uint32_t	met;		/* entries of the batch there, which
					 * failed to be read to its end */
	int64_t		live;		/* entries that were met, not done */
	uint64_t	most;		/* entries that it has: as many as a
					 * reader met, or lived at once */
	uint64_t	size;		/* of its file; 0: not known */
	bool		there;		/* its file was seen, at a start */
	bool		shown;		/* its file may be open elsewhere */
	uint64_t	replaces;	/* the one that it has copies of, or
					 * 0 */
	bool		copied;		/* there may be copies of it */
	bool		moved;		/* and one had all that reads there */
	enum book_table	table;
	int64_t		stood, stood_ms;	/* what lived at that time
					 * (monotonic, + 1), most of which
					 * lives still */
	int64_t		settled_ms;	/* monotonic, + 1: at rest since; 0:
					 * not seen so yet */
};

struct book_segment *book_segment_find(struct book *b, uint64_t id);
struct book_segment *book_segment_add(struct book *b, uint64_t id);
void	book_segment_remove(struct book *b, struct book_segment *s);
/* It is about to be compacted. */
bool	book_segment_mostly_dead(const struct book_segment *s);
/* An entry that a reader shows: 0, or -1 where the index does not work. */
int	book_meet(struct book *b, const struct reader_entry *r);
/* Was the entry at that place met by a reader of this book? */
bool	book_met(struct book *b, const struct spool_place *place);
/* Those on the disk that are not known yet, and the ends of those that are. */
int	book_segments_list(struct book *b, uint64_t from, struct err *e);
/* Compacted ones that are on the disk. */
int	book_cold_list(struct book *b, struct err *e);
/* At the end of a start: those are forgotten that only the journal has told
 * of, since they were removed before. */
void	book_segments_forget(struct book *b);
/* batches: at most so many; 0: all. */
int	book_read(struct book *b, struct book_segment *s, uint64_t end,
	    uint32_t batches, struct err *e);
int	book_read_sealed(struct book *b, struct err *e);
/* book_walk.c: the file of a segment, kept open for the next call. */
int	book_file(struct book *b, uint64_t segment, struct disk_file **f,
	    struct err *e);
/* book_drop.c: who has which of them open is not known. */
void	book_all_shown(struct book *b);
/* Files of segments in which nothing lives go. */
int	book_segments_drop(struct book *b, struct err *e);
/* Those that went do so durably. */
int	book_segments_settle(struct book *b, struct err *e);

#endif
