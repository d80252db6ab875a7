/** A picture from the camera, where there is one and the browser lets a page use it. */

const element = (id) => document.getElementById(id);

/**
 * Shows the button that opens the camera.
 * @param {(picture: Blob) => void} take Given what was photographed.
 * @param {(error: Error) => void} fail
 */
export async function offerCamera(take, fail) {
  const devices = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  element("camera").hidden = !devices.some(({ kind }) => kind === "videoinput");
  element("camera").onclick = () => open().catch(fail);
  element("close").onclick = () => element("viewfinder").close();
  element("viewfinder").onclose = close;
  element("shutter").onclick = async () => {
    const picture = await photograph(element("video"));
    element("viewfinder").close();
    take(picture);
  };
}

async function open() {
  const video = {
    facingMode: "environment",
    width: { ideal: 2560 },
    height: { ideal: 1920 },
  };
  element("video").srcObject = await navigator.mediaDevices.getUserMedia({ video });
  element("viewfinder").showModal();
}

function close() {
  const video = element("video");
  video.srcObject?.getTracks().forEach((track) => track.stop());
  video.srcObject = null;
}

function photograph(video) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  canvas.getContext("2d").drawImage(video, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}
