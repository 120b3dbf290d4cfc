/** Hands a fetched file to the browser to save, under the name the server gave it; nothing of it stays in the page. */
export async function saveFile(response: Response, otherwise: string): Promise<void> {
  const name =
    /filename="([\w.-]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? otherwise;
  save(name, await response.blob());
}

/** The same for a text the page already has. */
export function saveText(name: string, text: string): void {
  save(name, new Blob([text], { type: 'application/json' }));
}

function save(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // The browser has taken the bytes once the click was handled; give slow disks a minute.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
