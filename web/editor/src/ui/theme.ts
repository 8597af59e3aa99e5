export type Theme = "system" | "light" | "dark";

const KEY = "webedithost.theme";

export function storedTheme(): Theme {
    const theme = localStorage.getItem(KEY);
    return theme === "light" || theme === "dark" ? theme : "system";
}

/** The style sheet follows the system unless the root element names a theme. */
export function applyTheme(theme: Theme): void {
    if (theme === "system") {
        delete document.documentElement.dataset["theme"];
        localStorage.removeItem(KEY);
    } else {
        document.documentElement.dataset["theme"] = theme;
        localStorage.setItem(KEY, theme);
    }
}
