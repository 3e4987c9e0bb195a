// A picture as a file. Styles are written into the elements, since a file has no style sheet.

import { svg } from "./dom.js";

const STYLES = [
  "fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "fill-opacity", "opacity", "font-family",
  "font-size", "font-weight", "font-style", "text-anchor", "dominant-baseline", "visibility", "display",
];

const styled = (picture) => {
  const copy = picture.cloneNode(true);
  const to = [copy, ...copy.querySelectorAll("*")];
  [picture, ...picture.querySelectorAll("*")].forEach((element, i) => {
    const computed = getComputedStyle(element);
    for (const name of STYLES) {
      const value = computed.getPropertyValue(name);
      if (value) to[i].setAttribute(name, value);
    }
    to[i].removeAttribute("class");
  });
  return copy;
};

// What stands beside what: drawings and canvases in their places, and the texts of a table.
const composed = (root) => {
  const { left, top } = root.getBoundingClientRect();
  return [...root.querySelectorAll("*")].map((element) => {
    if (element.ownerSVGElement) return null;
    const box = element.getBoundingClientRect();
    const place = { x: box.left - left, y: box.top - top, width: box.width, height: box.height };
    if (element.tagName === "CANVAS") return svg("image", { ...place, href: element.toDataURL(), "image-rendering": "pixelated" });
    if (element.tagName === "svg") return Object.entries(place).reduce((copy, [name, value]) => (copy.setAttribute(name, value), copy), styled(element));
    if (element.childElementCount || !element.textContent) return null;
    const { color, fontFamily, fontSize, fontWeight } = getComputedStyle(element);
    return svg("text", { x: place.x, y: place.y + place.height / 2, "dominant-baseline": "central", fill: color, "font-family": fontFamily, "font-size": fontSize, "font-weight": fontWeight }, element.textContent);
  });
};

// What a frame holds, as an SVG element that stands on its own; none if it is empty.
const standalone = (frame) => {
  const root = frame.querySelector(".picture").firstElementChild;
  const [picture, ...more] = root.querySelectorAll("svg, canvas");
  if (!picture) return null;
  const single = picture.tagName === "svg" && (!more.length || more.every((it) => picture.contains(it)));
  const { x, y, width, height } = single ? picture.viewBox.baseVal : { x: 0, y: 0, width: root.scrollWidth, height: root.scrollHeight };
  const whole = svg("svg", { viewBox: `${x} ${y} ${width} ${height}`, width, height },
    svg("rect", { x, y, width, height, fill: getComputedStyle(document.body).backgroundColor }),
    single ? [...styled(picture).childNodes] : composed(root));
  return { text: new XMLSerializer().serializeToString(whole), width, height };
};

const download = (blob, name) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
};

// Twice as fine as it is wide.
const png = async (blob, { width, height }) => {
  const url = URL.createObjectURL(blob);
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [2 * width, 2 * height];
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(url);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
};

// Saves the picture in a frame as `svg` or `png`; false if there is none.
export const save = async (frame, kind, name) => {
  const picture = frame && standalone(frame);
  if (!picture) return false;
  const blob = new Blob([picture.text], { type: "image/svg+xml" });
  download(kind === "svg" ? blob : await png(blob, picture), `${name}.${kind}`);
  return true;
};
