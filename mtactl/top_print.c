/*
 * Four lines say how the whole is, three lists share what is left of the
 * screen; notes take the place of the last lines of lists.
 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/str.h"
#include "queue_show.h"
#include "terminal.h"
#include "top_print.h"

#define PRINT_HEAD	4	/* lines before the lists */
#define PRINT_LIST	2	/* a list's empty line and its head */
#define PRINT_NOTES	3	/* at most */

/* ---- Parts --------------------------------------------------------------- */

static int64_t
print_number(const json_t *row, const char *name)
{
	return json_integer_value(json_object_get(row, name));
}

/* One line, cut to the width in characters, not in bytes. */
static void
print_cut(struct buf *out, struct buf *line)
{
	struct str	s = buf_str(line);
	size_t		n, columns = 0, end = 0;

	while (end < s.len && columns < TOP_COLUMNS) {
		n = utf8_first((struct str){ s.p + end, s.len - end });
		end += n > 0 ? n : 1;
		columns++;
	}
	buf_add(out, s.p, end);
	buf_add_byte(out, '\n');
	buf_free(line);
}

static void
print_name(struct buf *out, const json_t *row, const char *name)
{
	const char	*text = json_string_value(json_object_get(row, name));

	terminal_add(out, str_of(text != NULL && text[0] != '\0' ? text :
	    "-"));
}

/* "1234", "12.3M": at most six characters. */
static void
print_short(char *out, size_t size, int64_t n)
{
	static const char	units[] = "kMGTPE";
	double			v = (double)n;
	size_t			u = 0;

	if (n < 100000) {
		(void)snprintf(out, size, "%" PRId64, n);
		return;
	}
	v /= 1000;
	while (v >= 1000) {
		v /= 1000;
		u++;
	}
	(void)snprintf(out, size, "%.1f%c", v, units[u]);
}

/* ---- The whole ----------------------------------------------------------- */

static double
print_rate(const json_t *s, const char *name)
{
	return json_number_value(json_object_get(json_object_get(s, "rates"),
	    name));
}

static void
print_time(struct buf *out, const json_t *s)
{
	time_t		t = (time_t)print_number(s, "time");
	struct tm	tm;
	char		text[32] = "";

	if (localtime_r(&t, &tm) != NULL)
		(void)strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
	buf_printf(out, "%s, over %.1f s\n", text,
	    json_number_value(json_object_get(s, "seconds")));
}

static void
print_whole(struct buf *out, const json_t *s)
{
	const json_t	*q = json_object_get(s, "queue");
	struct buf	 line = BUF_INIT;

	print_time(out, s);
	buf_printf(&line, "received   %.1f/s accepted, %.1f rejected, %.1f "
	    "put off, %.1f in-line", print_rate(s, "accepted"),
	    print_rate(s, "rejected"), print_rate(s, "put_off"),
	    print_rate(s, "in_line"));
	print_cut(out, &line);
	buf_printf(&line, "delivered  %.1f/s, %.1f deferred, %.1f failed; %"
	    PRId64 " connections, %" PRId64 " idle",
	    print_rate(s, "delivered"), print_rate(s, "deferred"),
	    print_rate(s, "failed"), print_number(q, "connections"),
	    print_number(q, "idle"));
	print_cut(out, &line);
	buf_printf(&line, "queue      %" PRId64 " ready, %" PRId64
	    " sending, %" PRId64 " deferred, %" PRId64 " held, %" PRId64
	    " bouncing; %.1f/s told",
	    print_number(q, "ready"), print_number(q, "sending"),
	    print_number(q, "deferred"), print_number(q, "held"),
	    print_number(q, "bouncing"), print_rate(s, "told"));
	print_cut(out, &line);
}

/* ---- Lists --------------------------------------------------------------- */

static void
print_group(struct buf *line, const json_t *row)
{
	char	now[32], entries[32], bytes[32];

	print_short(now, sizeof now, print_number(row, "now"));
	print_short(entries, sizeof entries, print_number(row, "entries"));
	print_short(bytes, sizeof bytes, print_number(row, "bytes"));
	buf_printf(line, "%8s %8s %8s  ", now, entries, bytes);
	print_name(line, row, "name");
}

/* "3+1/5": busy, idle, at most. */
static void
print_connections(char *out, size_t size, const json_t *row)
{
	int64_t	most = print_number(row, "concurrency");
	int	n = snprintf(out, size, "%" PRId64 "+%" PRId64,
		    print_number(row, "connections"),
		    print_number(row, "idle"));

	if (most > 0 && n > 0 && (size_t)n < size)
		(void)snprintf(out + n, size - (size_t)n, "/%" PRId64, most);
}

static void
print_limiter(struct buf *line, const json_t *row)
{
	const json_t	*rate = json_object_get(row, "rate");
	struct buf	 room = BUF_INIT;
	char		 connections[64], limit[64] = "-", waiting[32];

	print_short(waiting, sizeof waiting, print_number(row, "waiting"));
	print_connections(connections, sizeof connections, row);
	if (rate != NULL)
		(void)snprintf(limit, sizeof limit, "%g/%gs",
		    json_number_value(json_array_get(rate, 0)),
		    json_number_value(json_array_get(rate, 1)));
	if (json_object_get(row, "room") != NULL)
		queue_show_span(&room, queue_show_until(json_object_get(row,
		    "room")));
	buf_printf(line, "%8s %11s %11s %5s  ", waiting, connections, limit,
	    room.len > 0 ? buf_cstr(&room) : "-");
	print_name(line, row, "limiter");
	buf_free(&room);
}

static void
print_list(struct buf *out, const char *head, const json_t *list,
    size_t lines, void (*print)(struct buf *line, const json_t *row))
{
	struct buf	line = BUF_INIT;
	size_t		i;

	buf_printf(out, "\n%s\n", head);
	for (i = 0; i < json_array_size(list) && i < lines; i++) {
		print(&line, json_array_get(list, i));
		print_cut(out, &line);
	}
}

static void
print_notes(struct buf *out, const json_t *notes, size_t lines)
{
	struct buf	line = BUF_INIT;
	size_t		i;

	for (i = 0; i < lines; i++) {
		buf_add_text(&line, "note: ");
		terminal_add(&line, str_of(json_string_value(
		    json_array_get(notes, i))));
		print_cut(out, &line);
	}
}

void
top_print(struct buf *out, const json_t *s, size_t lines)
{
	const json_t	*notes = json_object_get(s, "notes");
	size_t		 said = json_array_size(notes), rows, tenants;

	if (said > PRINT_NOTES)
		said = PRINT_NOTES;
	if (lines < TOP_LINES)
		lines = TOP_LINES;
	/* The last line of a terminal stays empty: no scrolling. */
	rows = lines - 1 - PRINT_HEAD - 3 * PRINT_LIST - said;
	tenants = rows / 4;
	print_whole(out, s);
	print_list(out, "     NOW  ENTRIES    BYTES  DESTINATION",
	    json_object_get(s, "destinations"), (rows - tenants) / 2,
	    print_group);
	print_list(out, "     NOW  ENTRIES    BYTES  TENANT",
	    json_object_get(s, "tenants"), tenants, print_group);
	print_list(out, " WAITING CONNECTIONS        RATE  ROOM  LIMITER",
	    json_object_get(s, "limiters"), rows - tenants -
	    (rows - tenants) / 2, print_limiter);
	print_notes(out, notes, said);
}
