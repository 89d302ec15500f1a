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

/// How many SIGUSR1 have arrived since the last call; resets the count.
int kes_signals_take_reports(void);

/// Has SIGTSTP noticed rather than stop the process. Returns 0, or -1 with errno set.
int kes_signals_catch_suspension(void);

/// Whether SIGTSTP has arrived since the last call.
int kes_signals_take_suspension(void);

/// Stops this process until SIGCONT comes.
void kes_signals_suspend(void);

/// Restores the default effect of `signal` and sends it to this process.
void kes_signals_die(int signal);

#endif
