// Light or dark: the system's wish, unless the reader has chosen.
export interface Colors {
  dark: boolean;
  ink: string;
  muted: string;
  faint: string;
  line: string;
  surface: string;
  bad: string;
  good: string;
  fault: string;
}

// Okabe and Ito's palette, which colour-blind readers can tell apart; vermilion is kept for what breaks.
const light = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#b8a200'];
const dark = ['#3d9ede', '#e69f00', '#14b58a', '#dd8fbc', '#7cc8f5', '#d9c72b'];
const noTerm = '#8a8f98';

export const termColor = (term: number, isDark: boolean): string => (term <= 0 ? noTerm : (isDark ? dark : light)[(term - 1) % light.length]);

// Black or white, whichever can be read on it.
export const textOn = (color: string): string => {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  return r * 0.299 + g * 0.587 + b * 0.114 > 140 ? '#14181f' : '#ffffff';
};

export const currentColors = (): Colors => {
  const style = getComputedStyle(document.documentElement);
  const variable = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    dark: isDark(),
    ink: variable('ink'),
    muted: variable('muted'),
    faint: variable('faint'),
    line: variable('line'),
    surface: variable('surface'),
    bad: variable('bad'),
    good: variable('good'),
    fault: variable('fault'),
  };
};

const system = matchMedia('(prefers-color-scheme: dark)');

export const isDark = (): boolean => document.documentElement.dataset.theme === 'dark';

const apply = (wantsDark: boolean): void => {
  document.documentElement.dataset.theme = wantsDark ? 'dark' : 'light';
};

let chosen = false;

export const startTheme = (changed: () => void): void => {
  apply(system.matches);
  system.addEventListener('change', () => {
    if (chosen) return;
    apply(system.matches);
    changed();
  });
};

export const toggleTheme = (): void => {
  chosen = true;
  apply(!isDark());
};
