// Signals as a pipe end and counters: what a handler may touch, written in C
// because a handler may call only async-signal-safe functions.
#ifndef KES_CSIGNALS_H
#define KES_CSIGNALS_H

/// Installs the handlers for SIGINT, SIGTERM and SIGUSR1 (once a process).
/// Returns the read end of a pipe that becomes readable when one arrives, or
/// -1 with errno set. A second SIGINT or SIGTERM has its default effect.
int kes_signals_install(void);

/// Has a write beyond the limit of file sizes (RLIMIT_FSIZE) fail with EFBIG, and not end the process.
void kes_signals_ignore_file_limit(void);

/// The signal that asked the process to stop (SIGINT or SIGTERM), or 0.
int kes_signals_stop(void);

/// Asks the process to stop as if by `signal`, unless it was asked already.
void kes_signals_ask_to_stop(int signal);

/// Keeps the descriptor whose reader is to be noticed when it goes; -1 for none.
void kes_signals_watch(int descriptor);

/// That descriptor, or -1.
int kes_signals_watched(void);

/// How many SIGUSR1 have arrived since the last call; resets the count.
int kes_signals_take_reports(void);

/// Has SIGTSTP noticed rather than stop the process. Returns 0, or -1 with errno set.
int kes_signals_catch_suspension(void);

/// Whether SIGTSTP has arrived since the last call.
int kes_signals_take_suspension(void);

/// Stops this process until SIGCONT comes.
void kes_signals_suspend(void);

/// Has the terminal that the descriptor is hand over keys as they are pressed, without showing them;
/// also a second SIGINT or SIGTERM gives it back. Returns 0, or -1 where that cannot be had, as of a
/// terminal that another job uses.
int kes_signals_take_keys(int terminal);

/// Whether one of the keys `wanted` was pressed since the last call; takes all that were.
int kes_signals_take_pressed(const char *wanted);

/// Gives the terminal back as it was.
void kes_signals_leave_keys(void);

/// Restores the default effect of `signal` and sends it to this process.
void kes_signals_die(int signal);

#endif
