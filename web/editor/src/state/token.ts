import type { ResumePoint } from "@webedithost/client";

const TOKEN_KEY = "webedithost.token";
const RESUME_KEY = "webedithost.resume";

/**
 * The token that came with the address (#token=...), else the one of this tab. It leaves the address bar and the history at once; the tab's
 * sessionStorage keeps it for reloads, as no other tab and no later visit can read that.
 */
export function takeToken(): string | undefined {
    const given = new URLSearchParams(location.hash.slice(1)).get("token");
    if (given !== null) {
        history.replaceState(null, "", location.pathname + location.search);
        sessionStorage.removeItem(RESUME_KEY);
        keepToken(given);
        return given;
    }
    return sessionStorage.getItem(TOKEN_KEY) ?? undefined;
}

export function keepToken(token: string): void {
    sessionStorage.setItem(TOKEN_KEY, token);
}

export function forgetToken(): void {
    sessionStorage.removeItem(TOKEN_KEY);
    sessionStorage.removeItem(RESUME_KEY);
}

/** Where the page before a reload was. Taken away, as a copy of this tab must not take the session from it. */
export function takeResumePoint(): ResumePoint | undefined {
    const text = sessionStorage.getItem(RESUME_KEY);
    sessionStorage.removeItem(RESUME_KEY);
    return text === null ? undefined : (JSON.parse(text) as ResumePoint);
}

export function keepResumePoint(point: ResumePoint | undefined): void {
    if (point === undefined) sessionStorage.removeItem(RESUME_KEY);
    else sessionStorage.setItem(RESUME_KEY, JSON.stringify(point));
}
