/* The measured loop; see harness.h. */
#define _GNU_SOURCE
#include "harness.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_THREADS 1024

static const char *url, *ca;
static long calls_each, pause_ms;
static pthread_barrier_t ready;

struct moment {
    double wall, cpu;
};

static double microseconds(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

static struct moment moment(void) {
    return (struct moment){microseconds(CLOCK_MONOTONIC), microseconds(CLOCK_PROCESS_CPUTIME_ID)};
}

static void call(void *client) {
    client_verify(client);
    if (pause_ms)
        usleep(pause_ms * 1000);
}

static void *work(void *ignored) {
    void *client = client_open(url, ca);
    if (calls_each > 1)
        call(client);
    pthread_barrier_wait(&ready);
    pthread_barrier_wait(&ready);
    for (long i = calls_each > 1; i < calls_each; i++)
        call(client);
    return ignored;
}

static void *one_call(void *ignored) {
    void *client = client_open(url, ca);
    pthread_barrier_wait(&ready);
    client_verify(client);
    return ignored;
}

static void run_threads(long count, void *(*run)(void *), struct moment *begin) {
    pthread_t threads[MAX_THREADS];
    pthread_barrier_init(&ready, NULL, count + (begin != NULL));
    for (long i = 0; i < count; i++)
        if (pthread_create(&threads[i], NULL, run, NULL) != 0)
            exit(1);
    if (begin) {
        pthread_barrier_wait(&ready);
        *begin = moment();
        pthread_barrier_wait(&ready);
    }
    for (long i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&ready);
}

/* VmHWM, not ru_maxrss: the latter begins with what the parent had. */
static long peak_kb(void) {
    char line[256];
    long peak = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "VmHWM: %ld", &peak) == 1)
            break;
    if (status)
        fclose(status);
    return peak;
}

int main(int count, char **arguments) {
    long calls, threads = 1, idle = 0;
    if (count < 3)
        return 2;
    url = arguments[1];
    calls = atol(arguments[2]);
    for (int i = 3; i + 1 < count; i += 2) {
        if (!strcmp(arguments[i], "--ca"))
            ca = arguments[i + 1];
        else if (!strcmp(arguments[i], "--threads"))
            threads = atol(arguments[i + 1]);
        else if (!strcmp(arguments[i], "--pause"))
            pause_ms = atol(arguments[i + 1]);
        else if (!strcmp(arguments[i], "--idle"))
            idle = atol(arguments[i + 1]);
        else
            return 2;
    }
    if (threads > MAX_THREADS || idle > MAX_THREADS)
        return 2;
    calls_each = calls / threads;
    if (idle)
        run_threads(idle, one_call, NULL);

    struct moment begin, end;
    if (threads == 1) {
        /* On the main thread: one call of a new process is all that there is to it. */
        void *client = client_open(url, ca);
        if (calls_each > 1)
            call(client);
        begin = moment();
        for (long i = calls_each > 1; i < calls_each; i++)
            call(client);
    } else {
        run_threads(threads, work, &begin);
    }
    end = moment();
    long measured = threads * (calls_each - (calls_each > 1));
    printf("{\"calls\": %ld, \"wall_us\": %.0f, \"cpu_us\": %.0f, \"peak_kb\": %ld}\n", measured, end.wall - begin.wall,
           end.cpu - begin.cpu, peak_kb());
    return 0;
}
